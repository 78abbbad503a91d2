//! `ansinh operations`: what a client has registered, and whether it may run anything else.

use std::path::PathBuf;

use ansinh::operations::{Digest, server};
use ansinh::startup::App;
use clap::{Args, Subcommand};

use super::{Problem, migrate, print};

#[derive(Subcommand)]
pub enum Operations {
    /// Register the GraphQL documents in these files, each as the client sends it byte for byte, and print what to
    /// send as documentId.
    Register(Register),
    /// Print what a client has registered.
    List(Of),
    /// Take a document back; it is refused within a second.
    Remove(Remove),
    /// Let a client run only what it has registered; --off: anything.
    Restrict(Restrict),
}

#[derive(Args)]
pub struct Of {
    /// Name of the client.
    #[arg(long, value_name = "NAME")]
    client: String,
}

#[derive(Args)]
pub struct Register {
    #[command(flatten)]
    of: Of,
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

#[derive(Args)]
pub struct Remove {
    #[command(flatten)]
    of: Of,
    /// As `list` prints it.
    #[arg(value_name = "SHA256", value_parser = digest)]
    digest: Digest,
}

#[derive(Args)]
pub struct Restrict {
    #[command(flatten)]
    of: Of,
    #[arg(long)]
    off: bool,
}

fn digest(text: &str) -> Result<Digest, String> {
    let hex = text.strip_prefix("sha256:").unwrap_or(text);
    Digest::parse(hex).ok_or_else(|| "give 64 hexadecimal digits in lower case".to_owned())
}

pub async fn run(app: &App, order: Operations) -> Result<(), Problem> {
    migrate::must_be_current(app).await?;
    match order {
        Operations::Register(Register { of, files }) => {
            let documents = files.iter().map(read).collect::<Result<Vec<_>, _>>()?;
            let digests = server::register(app, &of.client, documents).await?;
            let lines =
                digests.iter().zip(&files).map(|(digest, file)| format!("sha256:{digest}  {}\n", file.display()));
            print(&lines.collect::<String>())
        }
        Operations::List(of) => {
            let (registered_only, operations) = server::list(app, &of.client).await?;
            let lines = operations
                .iter()
                .map(|(sha256, name)| format!("sha256:{sha256}  {}\n", name.as_deref().unwrap_or("-")));
            let last =
                if registered_only { "The client may run nothing else.\n" } else { "The client may run anything.\n" };
            print(&lines.chain([last.to_owned()]).collect::<String>())
        }
        Operations::Remove(Remove { of, digest }) => {
            if server::remove(app, &of.client, digest).await? {
                return Ok(());
            }
            Err(Problem::Usage(format!("The client {} has registered no document sha256:{digest}.", of.client)))
        }
        Operations::Restrict(Restrict { of, off }) => Ok(server::restrict(app, &of.client, !off).await?),
    }
}

fn read(file: &PathBuf) -> Result<String, Problem> {
    std::fs::read_to_string(file)
        .map_err(|error| Problem::Usage(format!("The document {} cannot be read: {error}.", file.display())))
}
