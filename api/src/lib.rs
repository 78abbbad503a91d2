//! An Sinh: the shared social-security register of a province, one GraphQL service.
//!
//! A request comes in by [`http`], [`identity`] says who asks ([`access::Viewer`]), [`schema`] takes the document and
//! runs its root fields. Reads go from a slice's `projection.rs` through [`read`] to one statement; writes go through a
//! slice's `service.rs` and [`exchange`]'s one transaction. Imports go one way: main, http, schema, slices, read and
//! exchange, access, identity, entity.

/// Who may do what: permissions, roles, the scope in SQL, owners of fields.
pub mod access;
/// The one source of time; days are those of Asia/Ho_Chi_Minh.
pub mod clock;
/// Settings from defaults, file and environment, each refusal one sentence.
pub mod config;
/// The pool, the lanes and pipelines of workers and the places of clients beside it, the write transaction, and what differs
/// between the two databases.
pub mod db;
/// The demo: a small register and a token for each role.
pub mod demo;
/// What a caller is told when something can't be done: a closed set of codes, nothing of the inside.
pub mod error;
/// The write transaction with its audit entry and change event; the ledger of reads; idempotency; batches.
pub mod exchange;
/// Vietnamese text without marks, for searching.
pub mod fold;
/// Routes, content negotiation, bodies, bearer tokens; knows nothing of the register.
pub mod http;
/// Clients, roles, tokens, signing keys: from a bearer token to a viewer.
pub mod identity;
/// The compiler of reads: projection, statement, shaped answer.
pub mod read;
/// The plan's data and dated law, embedded and loaded at start: units, agencies, programs with limits, indicators,
/// standards, products, rules of credit and of assistance.
pub mod reference;
/// What one request carries: who asks, when, the database.
pub mod request;
/// Root objects, scalars, global ids, the registration of types, limits of a document.
pub mod schema;
/// Search in names by trigrams.
pub mod search;
/// A made-up register for demo, tests and measurements, in bulk.
pub mod seed;
/// From a configuration to a listening service.
pub mod startup;
/// Logs without personal data.
pub mod telemetry;

/// Households, persons, insurance coverages, poverty reviews.
pub mod household;
/// Dated rows of law that an agency records and corrects, whatever their slice.
pub mod law;
/// Fields that all rows of law show.
mod law_fields;
/// What their tables share in code.
mod law_rows;
/// Policy credit: products and their rules, loans and their ledger, savings and credit groups.
pub mod loan;
/// Livelihood models, pilot sites, revolving capital.
pub mod model_project;
/// Operations that clients have registered, and clients that may run no others.
pub mod operations;
/// Administrative units and agencies; units are named by code and day.
pub mod place;
/// The plan of a year, indicators, tasks, reports, statistics.
pub mod plan;
/// Support programs, whom they are for, benefits, social assistance.
pub mod program;
/// Sponsors, pledges, gifts, sponsored households.
pub mod sponsorship;
