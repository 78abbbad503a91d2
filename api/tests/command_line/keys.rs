//! Keys: ours, those of clients, and the names that outside issuers give clients.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::Directory;

#[test]
fn keys_rotate_in_their_file_only() {
    let directory = Directory::new();
    let path = directory.0.join("keys.pem");
    let pem = ansinh::identity::keys::generate_pem().unwrap_or_else(|error| panic!("{error}"));
    fs::write(&path, pem.reveal()).unwrap();
    let settings = [("ANSINH_SIGNING_KEY_FILE", "keys.pem")];
    let mode = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o644);
    let (code, _, complaints) = directory.run(&["serve"], &settings);
    assert_eq!((code, complaints.lines().count()), (1, 1), "{complaints}");
    assert!(complaints.contains("keys.pem") && complaints.contains("chmod 600"), "{complaints}");
    mode(0o600);
    assert_eq!(directory.run(&["migrate", "up"], &settings).0, 0);

    let states = || {
        let (code, out, complaints) = directory.run(&["keys", "list"], &settings);
        assert_eq!(code, 0, "{complaints}");
        out.lines().skip(1).map(|line| line.split_whitespace().nth(1).unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(states(), ["signs"]);
    let (code, out, complaints) = directory.run(&["keys", "rotate", "--overlap", "2h"], &settings);
    assert_eq!(code, 0, "{complaints}");
    assert!(out.contains("signs from"), "{out}");
    assert_eq!(states(), ["published", "signs"]);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(directory.run(&["keys", "rotate", "--compromised"], &settings).0, 0);
    assert_eq!(states(), ["signs"]);

    // Of these, only a rotation that keeps old keys needs the database.
    let alone = [settings[0], ("DATABASE_URL", "sqlite://no/such/folder.db")];
    let before = fs::read_to_string(&path).unwrap();
    let (code, out, complaints) = directory.run(&["keys", "list"], &alone);
    assert_eq!((code, out.lines().count()), (0, 2), "{complaints}");
    let (code, out, complaints) = directory.run(&["keys", "rotate", "--compromised"], &alone);
    assert_eq!(code, 0, "{complaints}");
    assert!(out.contains("see this file"), "{out}");
    let after = fs::read_to_string(&path).unwrap();
    assert!(after != before && after.matches("BEGIN").count() == 1);
    for order in [&["keys", "rotate"][..], &["keys", "rotate", "--retire"]] {
        assert_eq!(directory.run(order, &alone).0, 1);
        assert_eq!(fs::read_to_string(&path).unwrap(), after);
    }

    for (arguments, settings, word) in [
        (&["keys", "rotate", "--overlap", "1m"][..], settings, "10m"),
        (&["keys", "rotate"], [("ANSINH_SIGNING_KEY", pem.reveal())], "ANSINH_SIGNING_KEY_FILE"),
    ] {
        let (code, out, complaints) = directory.run(arguments, &settings);
        assert_eq!((code, out.as_str()), (2, ""), "{complaints}");
        assert!(complaints.contains(word), "{complaints}");
    }
}

#[test]
fn keys_of_clients_are_added_and_removed() {
    let directory = Directory::new();
    assert_eq!(directory.run(&["migrate", "up"], &[]).0, 0);
    let client = ["token", "--client", "bank", "--agency", "VBSP", "--scope", "83", "--role", "bank_officer"];
    assert_eq!(directory.run(&client, &[]).0, 0);
    let jwk = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
    fs::write(directory.0.join("public.json"), jwk).unwrap();
    fs::write(directory.0.join("secret.json"), jwk.replace("kty", "d\":\"AA\",\"kty")).unwrap();
    let add = |client, file| directory.run(&["client-key", "add", "--client", client, "--jwk", file], &[]);
    let (code, kid, complaints) = add("bank", "public.json");
    assert_eq!((code, kid.as_str()), (0, "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U\n"), "{complaints}");
    for (client, file, code, word) in [
        ("bank", "public.json", 1, "already"),
        ("bank", "secret.json", 2, "private"),
        ("nobody", "public.json", 2, "nobody"),
    ] {
        let (ended, out, complaints) = add(client, file);
        assert_eq!((ended, out.as_str()), (code, ""), "{complaints}");
        assert!(complaints.contains(word), "{complaints}");
    }
    let list = || directory.run(&["client-key", "list", "--client", "bank"], &[]).1;
    assert!(list().starts_with("20") && list().ends_with(&format!("Z  {kid}")), "{}", list());
    assert_eq!(directory.run(&["client-key", "list", "--client", "nobody"], &[]).0, 2);
    let remove = ["client-key", "remove", "--client", "bank", "--kid", kid.trim()];
    assert_eq!(directory.run(&remove, &[]).0, 0);
    assert_eq!(directory.run(&remove, &[]).0, 1);
    assert_eq!(list(), "");
}

#[test]
fn names_that_issuers_give_clients_are_added_listed_and_removed() {
    let directory = Directory::new();
    assert_eq!(directory.run(&["migrate", "up"], &[]).0, 0);
    let order = |name| ["token", "--client", name, "--agency", "VBSP", "--scope", "83", "--role", "bank_officer"];
    let long = "b".repeat(201);
    for name in ["", " ", "b\u{1b}[2Jank", "bank\nother", &long] {
        let (code, out, complaints) = directory.run(&order(name), &[]);
        assert_eq!((code, out.as_str()), (2, ""), "{name:?}: {complaints}");
    }
    assert_eq!(directory.run(&["client", "list"], &[]).1, "");
    assert_eq!(directory.run(&order("bank"), &[]).0, 0);

    fs::write(
        directory.0.join("ansinh.toml"),
        "[[issuers]]\nissuer = \"https://login.example\"\njwks_uri = \"https://login.example/keys\"\naudience = \"ansinh\"\n\
         roles = { officer = \"bank_officer\" }\n",
    )
    .unwrap();
    let named = |issuer, subject, client| {
        let order = ["issuer-client", "add", "--issuer", issuer, "--subject", subject, "--client", client];
        directory.run(&order, &[]).0
    };
    let link = |issuer, client| named(issuer, "core", client);
    assert_eq!(link("https://other.example", "bank"), 2);
    assert_eq!(link("https://login.example", "nobody"), 2);
    for subject in ["", &long] {
        assert_eq!(named("https://login.example", subject, "bank"), 2);
    }
    assert_eq!((link("https://login.example", "bank"), link("https://login.example", "bank")), (0, 1));
    let list = || directory.run(&["issuer-client", "list"], &[]).1;
    assert_eq!(list(), "https://login.example  core  bank\n");
    let unlink = ["issuer-client", "remove", "--issuer", "https://login.example", "--subject", "core"];
    assert_eq!((directory.run(&unlink, &[]).0, directory.run(&unlink, &[]).0), (0, 2));
    assert_eq!(list(), "");
}
