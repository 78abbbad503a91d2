//! Before anything is timed: the service and the floor answer the same bytes, and write the same rows.

use tokio_postgres::Client;

use crate::{
    drive::{Connection, Target},
    scenario::{Asker, Scenario},
    trouble::Result,
    undo::Moment,
};

/// What was compared.
pub struct Same {
    pub answers: usize,
    /// Mean length.
    pub bytes: usize,
}

pub async fn compare(
    scenario: &Scenario,
    service: &Target,
    floor: &Target,
    owner: &Client,
    asker: Asker,
) -> Result<Same> {
    let moment = if scenario.writes() { Some(Moment::take(owner).await?) } else { None };
    // A server closes a connection over which nothing is asked, and to take the moment may take a while.
    let pair = Pair { scenario, service: Connection::open(service).await?, floor: Connection::open(floor).await? };
    let answers = scenario.compared();
    let bytes = match moment {
        Some(moment) => pair.writes(moment, asker).await?,
        None => pair.reads(asker).await?,
    };
    Ok(Same { answers, bytes: bytes / answers })
}

/// The two, asked one after the other.
struct Pair<'s> {
    scenario: &'s Scenario,
    service: Connection,
    floor: Connection,
}

impl Pair<'_> {
    async fn reads(mut self, mut asker: Asker) -> Result<usize> {
        let mut bytes = 0;
        for _ in 0..self.scenario.compared() {
            let ask = asker.ask();
            let answer = self.service.ask(self.scenario, &ask).await?;
            let other = self.floor.ask(self.scenario, &ask).await?;
            self.equal("answers", &answer, &other)?;
            bytes += answer.len();
            asker.hear(&answer);
        }
        Ok(bytes)
    }

    /// Both write from the same state.
    async fn writes(mut self, moment: Moment<'_>, mut asker: Asker) -> Result<usize> {
        let mut bytes = 0;
        for _ in 0..self.scenario.compared() {
            let ask = asker.ask();
            let answer = self.service.ask(self.scenario, &ask).await?;
            let rows = moment.undo().await?;
            let other = self.floor.ask(self.scenario, &ask).await?;
            let other_rows = moment.undo().await?;
            self.equal("answers", &answer, &other)?;
            self.equal("rows", rows.as_bytes(), other_rows.as_bytes())?;
            bytes += answer.len();
        }
        moment.forget().await?;
        Ok(bytes)
    }

    fn equal(&self, what: &str, service: &[u8], floor: &[u8]) -> Result<()> {
        if service == floor {
            return Ok(());
        }
        let (service, floor) = (String::from_utf8_lossy(service), String::from_utf8_lossy(floor));
        Err(format!("{}: the {what} differ\nservice: {service}\nfloor:   {floor}", self.scenario.name).into())
    }
}
