//! `ansinh serve`.

use std::net::TcpListener;
use std::sync::Arc;

use ansinh::config::{Config, Mode};
use ansinh::demo;
use ansinh::identity;
use ansinh::startup::{App, Server, StopRequests};

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
    roles_of_settings_exist(&app).await?;
    let requests = StopRequests::catch()?;
    let server = Server::start(app.clone(), listener)?;
    tracing::info!(address = %server.address(), "listening");
    // A big register takes its time, which nobody who asks something else should wait for.
    let closing = tokio::spawn({
        let app = app.clone();
        async move { app.close_statistics().await }
    });
    if app.config.mode == Mode::Demo {
        // Of the demo the first question may be for these figures.
        let _panicked = closing.await;
        print(&demo::greeting(&app, server.address()).await?)?;
    }
    Ok(server.serve_until(requests).await?)
}

/// A slip in a role's code would leave its limits, or an issuer's roles, without effect. Only the demo goes on: nobody can
/// have made roles before its first start.
async fn roles_of_settings_exist(app: &App) -> Result<(), Problem> {
    let unknown = identity::unknown_in_settings(app).await?.join("; ");
    if unknown.is_empty() {
        return Ok(());
    }
    if app.config.mode == Mode::Demo {
        tracing::warn!(%unknown, "the settings name roles that there are not");
        return Ok(());
    }
    Err(Problem::Usage(format!(
        "The settings name roles that there are not: {unknown}. \"ansinh role list\" shows those that there are."
    )))
}
