//! GraphiQL's page, in demo mode only.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;
use actix_web::web::Bytes;
use async_graphql::http::GraphiQLSource;

/// The line of the page after which its editors are set up.
const SETUP: &str = "defaultEditorToolsVisibility: true,";

/// Opens the editor of headers, where the token goes, and keeps what is written there.
const EDITORS: &str = r##"defaultEditorToolsVisibility: 'headers',
          shouldPersistHeaders: true,
          defaultHeaders: '{\n  "Authorization": "Bearer <a demo token: the service printed one for each role>"\n}',
          defaultQuery: '# Put a demo token into Headers below, then reload the page to see the documentation.\n\nquery {\n  __typename\n}\n',"##;

static PAGE: LazyLock<Bytes> = LazyLock::new(|| {
    let page = GraphiQLSource::build().endpoint("/graphql").title("An Sinh").finish();
    Bytes::from(page.replace(SETUP, EDITORS))
});

pub async fn page() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::html()).body(PAGE.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_asks_for_a_token() {
        let page = std::str::from_utf8(&PAGE).unwrap();
        assert!(page.contains("defaultHeaders: '{\\n  \"Authorization\": \"Bearer "));
        assert!(page.contains("'/graphql'"));
    }
}
