//! What partners can rely on, asked over HTTP on both databases. `fixture.rs` is the register that most of it reads.

mod fixture;
mod smoke;
