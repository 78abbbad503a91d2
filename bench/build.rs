//! Where there is no PostgreSQL, the test that needs it says so as ignored; under `CI=true` it runs all the same, and fails.

#[path = "../tests/src/installation.rs"]
mod installation;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(no_postgres)");
    for variable in ["PATH", "CI"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    // Debian's list of packages: installing them later brings the test back.
    for path in ["build.rs", "../tests/src/installation.rs", "/var/lib/dpkg/status"] {
        if std::path::Path::new(path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    if installation::find().is_none() && !ci {
        println!("cargo::rustc-cfg=no_postgres");
    }
}
