//! `ansinh serve`.

use std::net::TcpListener;
use std::sync::Arc;

use ansinh::config::{Config, Mode};
use ansinh::demo;
use ansinh::startup::{Server, StopRequests};

use super::{Problem, migrate, open, print};

pub async fn serve(config: Config) -> Result<(), Problem> {
    // The port first: nothing is made or migrated by a second start beside a running one.
    let listener = TcpListener::bind(config.listen).map_err(|error| {
        Problem::Failed(format!("{} cannot be listened on: {error}. Set ANSINH_LISTEN to another.", config.listen))
    })?;
    let app = Arc::new(open(config).await?);
    match app.config.mode {
        Mode::Demo => {
            migrate::up(&app).await?;
            demo::fill(&app).await?;
        }
        Mode::Production => {
            migrate::must_be_current(&app).await?;
            app.prepare().await?;
        }
    }
    app.close_statistics().await;
    let requests = StopRequests::catch()?;
    let server = Server::start(app.clone(), listener)?;
    tracing::info!(address = %server.address(), "listening");
    if app.config.mode == Mode::Demo {
        print(&demo::greeting(&app, server.address()).await?)?;
    }
    Ok(server.serve_until(requests).await?)
}
