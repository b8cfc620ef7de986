//! B4 and B5: what grows, and what a skill that nobody has costs.
//!
//! Instructions are counted (callgrind), so that a busy machine does not matter. Each server is
//! filled at full speed, saved, and loaded by a server under callgrind; counting begins when its
//! caches are warm.

use crate::Settings;
use crate::desk::{HELD_MAX, Shape};
use crate::load::{CHUNK, Floor, Load, Product};
use crate::report::{Measured, median, ratios, say, spread};
use crate::route::{Cost, cost};
use crate::server::{Keeping, Server};
use anyhow::Result;
use std::path::Path;

/// How often the counted number of events runs before counting.
const WARM_UPS: usize = 4;

/// Events that warm a server up before counting, and as many that are counted: half of them end
/// conversations, and of a small desk's not more than half at once.
fn events(shape: Shape) -> usize {
    CHUNK.min(shape.agents * HELD_MAX)
}

/// Thousand instructions of the server per event.
fn counted(
    mut server: Server,
    events: usize,
    keep: Option<&Path>,
    load: &dyn Fn(&Path) -> Result<Box<dyn Load>>,
) -> Result<f64> {
    let counted = server.counted()?;
    let mut load = load(&counted.socket())?;
    drop(server);
    for _ in 0..WARM_UPS {
        load.events(events, &mut |work| work())?;
    }
    let mut instructions = 0.0;
    let mut counted = Some(counted);
    load.events(events, &mut |work| {
        if let Some(server) = counted.take() {
            instructions = server.count(keep, work)?;
        }
        Ok(())
    })
    .or_else(|error| if instructions > 0.0 { Ok(()) } else { Err(error) })?;
    Ok(instructions / events as f64 / 1_000.0)
}

fn product(shape: Shape, keep: Option<&Path>) -> Result<f64> {
    let mut server = Server::start(Keeping::Relaxed)?;
    let product = Product::fill(&mut server, shape)?;
    counted(server, events(shape), keep, &|socket| Ok(Box::new(product.moved_to(socket)?)))
}

/// The exponent of growth between two points.
fn exponent(sizes: (usize, usize), costs: (f64, f64)) -> f64 {
    (costs.1 / costs.0).ln() / (sizes.1 as f64 / sizes.0 as f64).ln()
}

/// B4, without regard to durability: instructions do not depend on it.
pub(crate) fn run(settings: &Settings, keeping: Keeping) -> Result<()> {
    if keeping == Keeping::Strict && settings.both {
        return Ok(());
    }
    let mut floor_server = Server::start(Keeping::Relaxed)?;
    let floor = Floor::fill(&mut floor_server, Shape::USUAL)?;
    let lowest = counted(floor_server, events(Shape::USUAL), None, &|socket| {
        Ok(Box::new(floor.moved_to(socket)?))
    })?;
    say(&format!("B4 floor: {lowest:.1} thousand instructions per event"));
    let usual = Shape::USUAL;
    let waiting: &[usize] =
        if settings.quick { &[1_000, 10_000] } else { &[1_000, 10_000, 100_000, 1_000_000] };
    let axis = |name: &str, sizes: &[usize], shape: &dyn Fn(usize) -> Shape| -> Result<()> {
        let mut costs = Vec::new();
        for size in sizes {
            let cost = product(shape(*size), settings.keep_profiles.as_deref())?;
            say(&format!("B4 {name} {size}: {cost:.1} thousand instructions per event"));
            costs.push(cost);
        }
        let last = sizes.len() - 1;
        let grows = exponent((sizes[0], sizes[last]), (costs[0], costs[last]));
        let mut measured = Measured::new(format!("B4 {name}"), grows, "exponent", 1);
        measured.floor = Some(lowest);
        measured.ratio_to_floor = Some(lowest / median(&costs));
        let points = sizes.iter().zip(&costs).map(|(size, cost)| format!("{size}: {cost:.1}"));
        measured.note = format!(
            "thousand instructions per event: {}; floor and limit are thousand instructions too",
            points.collect::<Vec<_>>().join(", ")
        );
        measured.tell();
        Ok(())
    };
    axis("needs", &[20, 200, 1_000], &|needs| Shape { needs, ..usual })?;
    axis(
        "agents",
        if settings.quick { &[100, 1_000] } else { &[100, 1_000, 10_000] },
        &|agents| Shape { agents, ..usual },
    )?;
    axis("waiting", waiting, &|waiting| Shape { waiting, ..usual })
}

/// B5: of 100,000 waiting, the oldest 10,000 want a skill that nobody has.
pub(crate) fn dark(settings: &Settings, keeping: Keeping) -> Result<()> {
    let waiting = if settings.quick { 10_000 } else { 100_000 };
    let clean = Shape { waiting, ..Shape::USUAL };
    let shaded =
        Shape { dark_needs: 20, dark_waiting: waiting / 10, needs: clean.needs + 20, ..clean };
    let mut servers = [Server::start(keeping)?, Server::start(keeping)?];
    let [first, second] = &mut servers;
    let mut loads = [Product::fill(first, clean)?, Product::fill(second, shaded)?];
    let mut costs: [Vec<f64>; 2] = [vec![], vec![]];
    for round in 0..settings.rounds {
        for (n, (server, load)) in servers.iter_mut().zip(&mut loads).enumerate() {
            costs[n].push(Cost::us_per_event(cost(server, load, 3)?));
        }
        say(&format!(
            "B5 {} round {}: clean {:.1}, with a dark skill {:.1} µs/event",
            keeping.name(),
            round + 1,
            costs[0][round],
            costs[1][round]
        ));
    }
    let shares = ratios(&costs[0], &costs[1]);
    let mut measured = Measured::new(
        format!("B5 {}", keeping.name()),
        median(&costs[1]),
        "Redis µs/event",
        settings.rounds,
    );
    measured.floor = Some(median(&costs[0]));
    measured.ratio_to_floor = Some(median(&shares));
    measured.spread = spread(&shares);
    measured.note = format!("floor is the same run without the dark skill; {waiting} waiting");
    measured.tell();
    Ok(())
}
