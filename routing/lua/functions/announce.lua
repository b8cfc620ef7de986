-- announce: a fact that became true elsewhere (settings, sign-ins, ratings) reaches every reader.
--
-- ARGV  2 event, as JSON
-- Reply {announced}
-- Calls Router::announce

H.register('announce', function(c, args)
  c.events[1], c.events[2] = 'e', args[2]
  return { 'announced' }
end)
