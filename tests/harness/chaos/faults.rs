//! What happens to the processes, thrown by the dice of the round.

use crate::dice::Dice;
use crate::house::House;
use crate::pace::pause;
use rustix::process::Signal;

/// Injects one to three faults and leaves every process running again.
pub async fn inject(house: &mut House, dice: &mut Dice) -> Vec<String> {
    let mut told = Vec::new();
    for _ in 0..dice.between(1, 3) {
        pause(dice.between(30, 350)).await;
        told.push(one(house, dice).await);
    }
    for gateway in &mut house.gateways {
        gateway.becomes_ready().await;
    }
    told
}

async fn one(house: &mut House, dice: &mut Dice) -> String {
    let which = dice.below(house.gateways.len());
    let (away, throw) = (dice.between(0, 400), dice.below(100));
    match throw {
        0..35 => {
            house.gateways[which].kill();
            pause(away).await;
            house.gateways[which].spawn();
            format!("kill gateway {which} for {away} ms")
        }
        35..60 => {
            house.redis.kill();
            pause(away).await;
            house.redis.restart().await;
            format!("kill redis for {away} ms")
        }
        60..75 => {
            house.redis.freeze();
            pause(away * 3).await;
            house.redis.thaw();
            format!("freeze redis for {} ms", away * 3)
        }
        75..90 => {
            house.gateways[which].signal(Signal::STOP);
            pause(away * 4).await;
            house.gateways[which].signal(Signal::CONT);
            format!("freeze gateway {which} for {} ms", away * 4)
        }
        _ => {
            house.redis.kill();
            house.gateways[which].kill();
            pause(away).await;
            house.gateways[which].spawn();
            house.redis.restart().await;
            format!("kill redis and gateway {which} for {away} ms")
        }
    }
}
