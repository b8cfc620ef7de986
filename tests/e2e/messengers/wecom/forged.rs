//! What a stranger sends to the callback address.
