//! `ansinh access`.

use ansinh::schema;
use clap::Subcommand;

use super::{Problem, print};

#[derive(Subcommand)]
pub enum Access {
    /// Print who may see and change what: roles, permissions, rows, fields, root fields.
    Matrix,
}

/// Needs no configuration and no database: the built-in policy is code.
pub fn run(order: &Access) -> Result<(), Problem> {
    match order {
        Access::Matrix => print(&schema::matrix::text()),
    }
}
