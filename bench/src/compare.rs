//! Before anything is timed: the service and the floor answer the same bytes.

use crate::{
    drive::{Connection, Target},
    scenario::{Asker, Scenario},
    trouble::Result,
};

/// How many random inputs are compared.
pub const INPUTS: usize = 300;

/// Asks both the same, one input after the other, and returns the mean length of the answers.
pub async fn compare(scenario: &Scenario, service: &Target, floor: &Target, mut asker: Asker) -> Result<usize> {
    let mut service = Connection::open(service).await?;
    let mut floor = Connection::open(floor).await?;
    let mut bytes = 0;
    for _ in 0..INPUTS {
        let ask = asker.ask();
        let answer = service.ask(scenario, &ask).await?;
        let other = floor.ask(scenario, &ask).await?;
        if answer != other {
            let (answer, other) = (String::from_utf8_lossy(&answer), String::from_utf8_lossy(&other));
            let name = scenario.name;
            return Err(
                format!("{name} {}: the answers differ\nservice: {answer}\nfloor:   {other}", ask.variables).into()
            );
        }
        bytes += answer.len();
        asker.hear(&answer);
    }
    Ok(bytes / INPUTS)
}
