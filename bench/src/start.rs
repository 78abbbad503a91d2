//! How soon the service answers after it was started.

use clap::Args;

use crate::{
    ground::{Ground, Setup},
    report::{median, span, tell},
    trouble::Result,
};

#[derive(Args)]
pub struct Order {
    #[command(flatten)]
    ground: Setup,
    /// How often it is started.
    #[arg(long, value_name = "N", default_value_t = 10)]
    times: usize,
}

/// Starts the service on a filled database again and again: from the start of the process to the first 200 of `/readyz`.
pub async fn run(order: Order) -> Result<()> {
    let ground = Ground::prepare(&order.ground).await?;
    let mut times = Vec::new();
    for _ in 0..order.times {
        times.push(ground.program.serve()?.ready_after.as_secs_f64() * 1_000.0);
    }
    let (low, high) = span(&times);
    tell(&format!("ready after {:.0} ms (median of {}; {low:.0} to {high:.0})", median(times), order.times));
    Ok(())
}
