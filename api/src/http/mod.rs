//! The door: routes, and what HTTP asks of each request before GraphQL begins.
//!
//! Start at [`routes`]; `graphql.rs` is the way of one GraphQL request. Everything refused here is a [`refusal`].

mod bearer;
mod body;
mod denied;
mod graphiql;
mod graphql;
mod held;
mod negotiate;
mod oauth;
mod observe;
mod probes;
mod purpose;
pub mod rate;
mod refusal;
mod respond;
mod sending;
mod trusted;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, from_fn};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{Error, HttpRequest, HttpResponse, Resource, Route, guard};

use crate::config::Mode;
use crate::startup::App;
use negotiate::Media;
use refusal::Refusal;

/// The whole HTTP application, as each worker builds it.
pub fn application(
    app: Data<App>,
) -> actix_web::App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let mode = app.config.mode;
    actix_web::App::new()
        .app_data(app)
        .configure(|config| routes(config, mode))
        .default_service(web::to(not_found))
        .wrap(Compress::default())
        .wrap(from_fn(observe::observe))
}

fn routes(config: &mut ServiceConfig, mode: Mode) {
    config
        .service(only("/graphql", "POST").route(web::post().to(graphql::post)))
        .service(readable("/healthz").route(get_or_head().to(probes::healthz)))
        .service(readable("/readyz").route(get_or_head().to(probes::readyz)))
        .service(readable("/.well-known/jwks.json").route(get_or_head().to(probes::jwks)))
        .service(readable("/.well-known/oauth-authorization-server").route(get_or_head().to(oauth::metadata)))
        .service(only("/oauth/token", "POST").route(web::post().to(oauth::token)));
    if mode == Mode::Demo {
        for path in ["/", "/graphiql"] {
            config.service(readable(path).route(get_or_head().to(graphiql::page)));
        }
    }
}

fn readable(path: &str) -> Resource {
    only(path, "GET, HEAD")
}

fn get_or_head() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// A resource that answers other methods with 405 and what it allows.
fn only(path: &str, allow: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move |request: HttpRequest| async move {
        Refusal::MethodNotAllowed(allow).answer(Media::Json, &request)
    }))
}

async fn not_found(request: HttpRequest) -> HttpResponse {
    Refusal::NotFound.answer(Media::Json, &request)
}
