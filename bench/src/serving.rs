//! The floor's process.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use crate::{
    postgres::{Cluster, DATABASE},
    trouble::{Result, While},
};

/// Killed on drop.
pub struct Floor {
    child: Child,
    pub address: SocketAddr,
}

impl Floor {
    pub fn start(cluster: &Cluster) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["floor", "--database", &cluster.settings("floor", DATABASE)]);
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().during(|| "no pipe".to_owned())?;
        let mut floor = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        floor.address = line.trim().parse().during(|| format!("the floor says {line:?}"))?;
        Ok(floor)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _ended = self.child.wait();
    }
}
