//! Where there is no PostgreSQL, its tests say so as ignored, and those that need node where there is none. Under
//! `CI=true` they run all the same, and fail: a build that has quietly lost one of its two databases must not pass.

#[path = "src/installation.rs"]
mod installation;

use std::process::Command;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(no_postgres, no_node)");
    for variable in ["PATH", "CI"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    // Debian's list of packages: installing them later brings the tests back.
    for path in ["build.rs", "src/installation.rs", "/var/lib/dpkg/status"] {
        if std::path::Path::new(path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    if installation::find().is_none() && !ci {
        println!("cargo::rustc-cfg=no_postgres");
    }
    let node = has_node() && runs("npm");
    if !node && !ci {
        println!("cargo::rustc-cfg=no_node");
    }
}

/// Node 18 or newer, as `graphql-js/package.json` asks.
fn has_node() -> bool {
    let output = Command::new("node").arg("--version").output();
    let version = output.ok().and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    let major = version.strip_prefix('v').and_then(|number| number.split('.').next()?.parse::<u32>().ok());
    major.is_some_and(|major| major >= 18)
}

fn runs(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}
