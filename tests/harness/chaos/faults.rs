//! What happens to the processes and to the lines between them, thrown by the dice of the round.
//!
//! Most faults are short, so that many fit into a run. Rarely one is longer than an agent's lease and
//! than a gateway's duties, so that others take over, and whoever comes back finds the door shut.

use crate::dice::Dice;
use crate::house::House;
use crate::pace::pause;
use crate::proxy::{ChaosProxy, Weather};
use rustix::process::Signal;

/// In so many of a hundred rounds, the last fault is a long one.
const LONG_PERCENT: u64 = 5;

/// What was injected.
#[derive(Debug, Clone, Default)]
pub struct Injected {
    /// The faults, in words.
    pub told: Vec<String>,
    /// Was one of them long?
    pub is_long: bool,
}

/// Injects one to three faults and leaves every process running and every line mended again.
/// `lines` are the gateways' own lines to Redis.
pub async fn inject(house: &mut House, lines: &[ChaosProxy], dice: &mut Dice) -> Injected {
    let mut told = Vec::new();
    for _ in 0..dice.between(1, 3) {
        pause(dice.between(30, 350)).await;
        told.push(one(house, lines, dice).await);
    }
    let is_long = dice.percent(LONG_PERCENT);
    if is_long {
        told.push(long(house, lines, dice).await);
    }
    for gateway in &mut house.gateways {
        gateway.becomes_ready().await;
    }
    Injected { told, is_long }
}

async fn one(house: &mut House, lines: &[ChaosProxy], dice: &mut Dice) -> String {
    let which = dice.below(house.gateways.len());
    let (away, throw) = (dice.between(0, 400), dice.below(100));
    match throw {
        0..25 => kill_gateway(house, which, away).await,
        25..40 => kill_redis(house, away).await,
        40..50 => freeze_redis(house, away * 3).await,
        50..62 => freeze_gateway(house, which, away * 4).await,
        62..70 => {
            house.redis.kill();
            house.gateways[which].kill();
            pause(away).await;
            house.gateways[which].spawn();
            house.redis.restart().await;
            format!("kill redis and gateway {which} for {away} ms")
        }
        70..76 => {
            // What was committed in between was never answered by anybody.
            lines[which].set(Weather { drops_answers: true, ..Weather::default() });
            pause(away / 2).await;
            house.gateways[which].kill();
            lines[which].mend();
            house.gateways[which].spawn();
            format!("kill gateway {which} after it heard no answer for {} ms", away / 2)
        }
        _ => line(lines, which, throw, away).await,
    }
}

async fn line(lines: &[ChaosProxy], which: usize, throw: usize, away: u64) -> String {
    let (weather, what) = match throw {
        ..83 => (Weather { is_cut: true, ..Weather::default() }, "cut"),
        83..90 => (Weather { drops_answers: true, ..Weather::default() }, "one-way"),
        90..95 => (Weather { is_half_open: true, ..Weather::default() }, "half open"),
        _ => (Weather { delay_ms: 1 + away / 10, ..Weather::default() }, "slow"),
    };
    weathers(lines, which, weather, away * 2).await;
    format!("the line of gateway {which} is {what} for {} ms", away * 2)
}

async fn long(house: &mut House, lines: &[ChaosProxy], dice: &mut Dice) -> String {
    let which = dice.below(house.gateways.len());
    // The duties change hands after ten seconds, an agent's lease ends after three.
    let away =
        if dice.percent(50) { dice.between(3_500, 6_000) } else { dice.between(10_500, 15_000) };
    match dice.below(6) {
        0 | 1 => freeze_gateway(house, which, away).await,
        2 => kill_gateway(house, which, away).await,
        3 => {
            weathers(lines, which, Weather { is_cut: true, ..Weather::default() }, away).await;
            format!("the line of gateway {which} is cut for {away} ms")
        }
        4 => {
            weathers(lines, which, Weather { is_half_open: true, ..Weather::default() }, away)
                .await;
            format!("the line of gateway {which} is half open for {away} ms")
        }
        _ => kill_redis(house, away / 2).await,
    }
}

async fn weathers(lines: &[ChaosProxy], which: usize, weather: Weather, ms: u64) {
    lines[which].set(weather);
    pause(ms).await;
    lines[which].mend();
}

async fn kill_gateway(house: &mut House, which: usize, away: u64) -> String {
    house.gateways[which].kill();
    pause(away).await;
    house.gateways[which].spawn();
    format!("kill gateway {which} for {away} ms")
}

async fn freeze_gateway(house: &mut House, which: usize, away: u64) -> String {
    house.gateways[which].signal(Signal::STOP);
    pause(away).await;
    house.gateways[which].signal(Signal::CONT);
    format!("freeze gateway {which} for {away} ms")
}

async fn kill_redis(house: &mut House, away: u64) -> String {
    house.redis.kill();
    pause(away).await;
    house.redis.restart().await;
    format!("kill redis for {away} ms")
}

async fn freeze_redis(house: &mut House, away: u64) -> String {
    house.redis.freeze();
    pause(away).await;
    house.redis.thaw();
    format!("freeze redis for {away} ms")
}
