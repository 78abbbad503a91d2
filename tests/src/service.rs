//! The real service on a database of its own, asked over HTTP as partners ask it.

use std::{
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, OnceLock},
    time::{Duration, Instant},
};

use ansinh::{
    access::roles::BUILT_IN,
    clock::FixedClock,
    config::{Config, Limits, Secret},
    db::Db,
    identity::{
        admin::{self, Issue, Life},
        keys::generate_pem,
    },
    place::UnitRef,
    startup::{App, Server},
};
use chrono::{NaiveDate, TimeDelta};
use reqwest::{
    Client, Method, RequestBuilder,
    header::{HeaderMap, HeaderValue},
};
use sea_orm::{ConnectionTrait, DbBackend, Statement, metric};
use serde_json::{Value, json};

use crate::{both::OnDatabase, database::TestDatabase};

/// Where the clock of every service stands at first: 10:00 on 23 November 2026 in Viet Nam.
const START: &str = "2026-11-23T03:00:00Z";

/// The issuer of a service that isn't told what it is called: where it listens.
const UNKNOWN: &str = "";

/// The province, the scope of a caller who names none.
pub const PROVINCE: &str = "83";

/// A service over a copy of the template, listening on a port of its own.
pub struct Service {
    pub app: Arc<App>,
    /// Stands still until a test moves it.
    pub clock: Arc<FixedClock>,
    pub database: TestDatabase,
    address: SocketAddr,
    client: Client,
    log: Log,
    _server: Server,
}

/// The text of every statement that the service ran.
type Log = Arc<Mutex<Vec<String>>>;

impl OnDatabase for Service {
    async fn on(backend: DbBackend) -> Service {
        Service::over(TestDatabase::new(backend).await).await
    }
}

impl Service {
    /// Over a database that the service has been started on before.
    pub async fn over(database: TestDatabase) -> Service {
        Service::with(database, |_| {}).await
    }

    /// The same with settings of the test's own.
    pub async fn with(database: TestDatabase, change: impl FnOnce(&mut Config)) -> Service {
        let clock = Arc::new(FixedClock::at(START.parse().unwrap()));
        let mut config = config(&database.url);
        change(&mut config);
        let listener = TcpListener::bind(config.listen).unwrap();
        if config.issuer == UNKNOWN {
            config.issuer = format!("http://{}", listener.local_addr().unwrap());
        }
        let log = Log::default();
        let seen = log.clone();
        let observer = move |info: &metric::Info<'_>| seen.lock().unwrap().push(info.statement.sql.clone());
        let db = Db::connect_observed(&database.url, Some(observer)).await.unwrap();
        let app = Arc::new(App::assemble(config, clock.clone(), db).unwrap_or_else(|error| panic!("{error}")));
        app.catalog.refresh(&app.db).await.unwrap();
        let server = Server::start(app.clone(), listener).unwrap();
        Service { app, clock, database, address: server.address(), client: Client::new(), log, _server: server }
    }

    /// A caller with this role over the whole province.
    pub async fn as_role(&self, role: &str) -> Caller {
        self.as_role_in(role, PROVINCE).await
    }

    /// A caller with this role whose scope is the unit with this code.
    pub async fn as_role_in(&self, role: &str, scope: &str) -> Caller {
        let known = BUILT_IN.iter().find(|known| known.code == role).unwrap_or_else(|| panic!("no role {role}"));
        self.as_roles_in(&[role], known.agency, scope).await
    }

    /// A caller of an agency with several roles.
    pub async fn as_roles_in(&self, roles: &[&str], agency: &str, scope: &str) -> Caller {
        let client = format!("{} of {agency} in {scope}", roles.join(", "));
        let roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
        // Longer than any journey of the clock.
        let valid_for = TimeDelta::days(1_000);
        let narrow = narrowed(agency, scope);
        let issue = Issue { client: &client, agency, roles: &roles, scope: narrow, valid_for, life: Life::Unbounded };
        let token = admin::issue(&self.app, &issue).await.unwrap_or_else(|failure| panic!("{}", failure.message));
        if narrow != scope {
            self.widen(&client, scope).await;
        }
        self.bearing(&token, &client)
    }

    /// Gives a client and its tokens a wider scope past the service, which would refuse it: for walks that look at a
    /// role without its place.
    pub async fn widen(&self, client: &str, scope: &str) {
        let unit = self.app.catalog.resolve(&UnitRef { code: scope.to_owned(), on: None }, "scope");
        let unit = unit.unwrap_or_else(|failure| panic!("{}", failure.message)).id;
        self.sql(&format!(
            "UPDATE client SET scope_unit_id = {unit} WHERE name = '{client}';
             UPDATE token SET scope_unit_id = {unit} WHERE client_id = (SELECT id FROM client WHERE name = '{client}')"
        ))
        .await;
    }

    /// Whoever bears a token.
    pub fn bearing(&self, token: &str, name: &str) -> Caller {
        let (url, client) = (format!("http://{}/graphql", self.address), self.client.clone());
        Caller { url, client, token: token.to_owned(), name: name.to_owned(), headers: HeaderMap::new() }
    }

    /// Gives a caller another role past the service, which would refuse what must lie in different hands: as where a
    /// client changes its duties over the years.
    pub async fn also(&self, caller: &Caller, role: &str) {
        let (client, role) = (&caller.name, format!("(SELECT id FROM role WHERE code = '{role}')"));
        self.sql(&format!(
            "INSERT INTO client_role (client_id, role_id) SELECT id, {role} FROM client WHERE name = '{client}';
             INSERT INTO token_role (token_id, role_id)
             SELECT t.id, {role} FROM token t JOIN client k ON k.id = t.client_id WHERE k.name = '{client}'"
        ))
        .await;
    }

    /// A second node on this one's database, by the same clock. The database stays this one's.
    pub async fn another_node(&self, change: impl FnOnce(&mut Config)) -> Service {
        let mut config = Config::clone(&self.app.config);
        change(&mut config);
        let listener = TcpListener::bind(config.listen).unwrap();
        let db = Db::connect(&self.database.url).await.unwrap();
        let app = Arc::new(App::assemble(config, self.clock.clone(), db).unwrap_or_else(|error| panic!("{error}")));
        app.catalog.refresh(&app.db).await.unwrap();
        let server = Server::start(app.clone(), listener).unwrap();
        let database = self.database.borrowed();
        let (clock, client) = (self.clock.clone(), self.client.clone());
        Service { app, clock, database, address: server.address(), client, log: Log::default(), _server: server }
    }

    /// A request to a path, to be filled by the test.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    /// A caller with a token of whatever source.
    pub fn with_token(&self, token: &str) -> Caller {
        let url = format!("http://{}/graphql", self.address);
        Caller {
            url,
            client: self.client.clone(),
            token: token.to_owned(),
            name: "somebody".to_owned(),
            headers: HeaderMap::new(),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The status that a GET of a path is answered with.
    pub async fn status(&self, path: &str) -> u16 {
        let response = self.client.get(format!("http://{}{path}", self.address)).send().await;
        response.unwrap_or_else(|error| panic!("{path}: {error}")).status().as_u16()
    }

    /// Sets the clock to 10:00 in Viet Nam on a day.
    pub fn set_day(&self, day: &str) {
        let day: NaiveDate = day.parse().unwrap();
        self.clock.set(day.and_hms_opt(3, 0, 0).unwrap().and_utc());
    }

    /// The statements that the service ran meanwhile, those of authentication included.
    pub async fn statements(&self, work: impl Future) -> Vec<String> {
        self.log.lock().unwrap().clear();
        work.await;
        let mut statements = std::mem::take(&mut *self.log.lock().unwrap());
        // Who asks is looked up twice a second, whatever is asked.
        statements.retain(|statement| !statement.contains(" FROM token t JOIN client k "));
        statements
    }

    /// Waits until the statements that the service has run are such.
    pub async fn until(&self, patience: Duration, such: impl Fn(&[String]) -> bool) {
        let begun = Instant::now();
        while !such(&self.log.lock().unwrap()) {
            assert!(begun.elapsed() < patience, "not after {patience:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// What the work gave, and how many compiled reads the service ran meanwhile.
    pub async fn reads<T>(&self, work: impl Future<Output = T>) -> (T, usize) {
        let mut done = None;
        let statements = self.statements(async { done = Some(work.await) }).await;
        let reads = statements.iter().filter(|statement| statement.starts_with("/*read*/")).count();
        (done.expect("the work is done"), reads)
    }

    /// Runs SQL past the service, for rows that a test needs and that no mutation makes. Several statements at once.
    pub async fn sql(&self, statements: &str) {
        let done = self.app.db.connection.execute_unprepared(statements).await;
        done.unwrap_or_else(|error| panic!("{statements}: {error}"));
        // What was changed past the service counts at once, and not half a second later.
        self.app.viewers.forget();
    }

    /// The one number that a query gives past the service.
    pub async fn number(&self, query: &str) -> i64 {
        let statement = Statement::from_string(self.database.backend, query);
        let row =
            self.app.db.connection.query_one_raw(statement).await.unwrap_or_else(|error| panic!("{query}: {error}"));
        let row = row.unwrap_or_else(|| panic!("no row: {query}"));
        row.try_get_by_index(0).unwrap_or_else(|error| panic!("{query}: {error}"))
    }

    /// The texts that a query of one column gives past the service.
    pub async fn texts(&self, query: &str) -> Vec<String> {
        let statement = Statement::from_string(self.database.backend, query);
        let rows = self.app.db.connection.query_all_raw(statement).await;
        let rows = rows.unwrap_or_else(|error| panic!("{query}: {error}"));
        rows.iter().map(|row| row.try_get_by_index(0).unwrap_or_else(|error| panic!("{query}: {error}"))).collect()
    }
}

/// The unit that a client is made with: that of a district or a commune where its agency's may have no more.
fn narrowed<'a>(agency: &str, scope: &'a str) -> &'a str {
    match (agency, scope.len()) {
        ("CPC", 2 | 3) => "28757",
        ("DPC", 2) => "829",
        _ => scope,
    }
}

fn config(url: &str) -> Config {
    static KEY: OnceLock<Secret> = OnceLock::new();
    let key = KEY.get_or_init(|| generate_pem().unwrap_or_else(|error| panic!("{error}")));
    Config {
        units_day: "2022-12-31".parse().unwrap(),
        signing_keys: Some(key.clone()),
        issuer: UNKNOWN.to_owned(),
        // The clock stands still, so that a minute would never be over.
        limits: Limits {
            body_bytes: 1 << 20,
            request_time: Duration::from_secs(60),
            requests_per_minute: None,
            cost_per_minute: None,
            ..Limits::default()
        },
        ..Config::of_database(url)
    }
}

/// Somebody with a token.
#[derive(Clone)]
pub struct Caller {
    /// Tells callers apart in the message of a failed test.
    pub name: String,
    url: String,
    client: Client,
    pub token: String,
    headers: HeaderMap,
}

impl Caller {
    /// For a test that speaks HTTP itself.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The same caller, sending one header more.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Caller {
        self.headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        self
    }

    pub async fn ask(&self, document: &str, variables: Value) -> Answer {
        self.send(&json!({ "query": document, "variables": variables })).await
    }

    /// The same without variables.
    pub async fn query(&self, document: &str) -> Answer {
        self.ask(document, json!({})).await
    }

    /// A request body as it is.
    pub async fn send(&self, body: &Value) -> Answer {
        let request = self.client.post(&self.url).bearer_auth(&self.token).headers(self.headers.clone()).json(body);
        let response = request.header("accept", "application/graphql-response+json").send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        Answer { status, headers, text, body }
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// The body byte for byte, for the order of its keys.
    pub text: String,
    pub body: Value,
}

impl Answer {
    /// The data of an answer without errors.
    #[track_caller]
    pub fn data(&self) -> &Value {
        assert!(self.errors().is_empty(), "{:#}", json!(self.errors()));
        &self.body["data"]
    }

    /// The data beside errors.
    pub fn partial(&self) -> &Value {
        &self.body["data"]
    }

    pub fn errors(&self) -> &[Value] {
        self.body["errors"].as_array().map_or(&[], Vec::as_slice)
    }

    /// `extensions.code` of an error.
    #[track_caller]
    pub fn code(&self, error: usize) -> &str {
        self.extension(error, "code").unwrap_or_else(|| panic!("no code: {}", self.body))
    }

    /// `extensions.field` of an error; empty where it names none.
    #[track_caller]
    pub fn field(&self, error: usize) -> &str {
        self.extension(error, "field").unwrap_or_default()
    }

    #[track_caller]
    fn extension(&self, error: usize, name: &str) -> Option<&str> {
        let error = self.errors().get(error).unwrap_or_else(|| panic!("no error {error}: {}", self.body));
        error["extensions"][name].as_str()
    }

    /// That the first error has this code and field, and what every error has: words in both languages.
    #[track_caller]
    pub fn refused(&self, code: &str, field: &str) {
        assert_eq!((self.code(0), self.field(0)), (code, field), "{}", self.body);
        for error in self.errors() {
            let words = [&error["message"], &error["extensions"]["messageVi"]];
            assert!(words.iter().all(|words| words.as_str().is_some_and(|words| !words.is_empty())), "{error}");
        }
    }
}
