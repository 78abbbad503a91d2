use ansinh::{access::roles::BUILT_IN, identity::purposes::set_purposes};
use entity::{EnumSet, enums::Purpose};
use tests::{
    both::EmptyDatabase,
    both_databases,
    service::{Caller, Service},
};

use crate::kept_reads::within_a_second;

/// What starts and commands have changed of roles.
async fn deeds(t: &Service) -> Vec<String> {
    let query = "SELECT e.operation || ' ' || r.code || ' ' || e.fields || ' ' || r.version FROM audit_entry e
        JOIN role r ON r.id = e.subject_id WHERE e.subject_type = 'Role' AND e.client_id IS NULL ORDER BY e.id";
    t.texts(query).await
}

async fn start(t: &Service) -> Vec<String> {
    let writes = t.statements(async { t.app.prepare().await.unwrap_or_else(|error| panic!("{error}")) }).await;
    let roles = |text: &String| text.contains("role") && !text.trim_start().to_uppercase().starts_with("SELECT");
    writes.into_iter().filter(roles).collect()
}

/// Every role with all that is stored of it.
async fn stored(t: &Service) -> Vec<String> {
    let query = "SELECT r.code || ' ' || r.name || ' ' || r.longest_token_days || ' ' || COALESCE(CAST(r.purposes AS TEXT), '-')
            || CASE WHEN r.built_in THEN ' built in ' ELSE ' own ' END
            || COALESCE((SELECT string_agg(p.permission, ',' ORDER BY p.permission) FROM role_permission p WHERE p.role_id = r.id), '')
        FROM role r ORDER BY r.id";
    t.texts(query).await
}

both_databases! {
    async fn a_start_that_changes_no_role_writes_none(t: &Service) {
        let before = stored(t).await;
        for _ in 0..2 {
            assert_eq!(start(t).await, Vec::<String>::new());
        }
        assert_eq!((stored(t).await, deeds(t).await), (before, Vec::new()));
    }

    async fn a_release_that_changes_roles_says_so_once(t: &Service) {
        let now = stored(t).await;
        // As an older release left them.
        t.sql("DELETE FROM role_permission WHERE permission = 'loan:read' AND role_id = (SELECT id FROM role WHERE code = 'bank_officer');
            INSERT INTO role_permission (role_id, permission) SELECT id, 'loan:read' FROM role WHERE code = 'statistics_viewer';
            INSERT INTO role_permission (role_id, permission) SELECT id, 'what:was' FROM role WHERE code = 'auditor';
            UPDATE role SET name = 'Cũ', longest_token_days = 7, purposes = NULL WHERE code = 'commune_officer'").await;
        start(t).await;
        start(t).await;
        let mut deeds = deeds(t).await;
        deeds.sort_unstable();
        assert_eq!(deeds, [
            "server/updateRole auditor permissions 2",
            "server/updateRole bank_officer permissions 2",
            "server/updateRole commune_officer name,longestTokenDays,purposes 2",
            "server/updateRole statistics_viewer permissions 2",
        ]);
        assert_eq!(stored(t).await, now);
    }

    async fn a_role_that_comes_or_goes_with_a_release_is_in_the_ledger(t: &Service) {
        let now = stored(t).await;
        t.sql("DELETE FROM role_permission WHERE role_id = (SELECT id FROM role WHERE code = 'auditor');
            DELETE FROM role WHERE code = 'auditor';
            INSERT INTO role (code, name, built_in, longest_token_days, version) VALUES ('of_old', 'Cũ', TRUE, 90, 1), ('own', 'Riêng', FALSE, 90, 1);
            INSERT INTO role_permission (role_id, permission) SELECT id, 'plan:read' FROM role WHERE code IN ('of_old', 'own')").await;
        start(t).await;
        start(t).await;
        let mut deeds = deeds(t).await;
        deeds.sort_unstable();
        assert_eq!(deeds, [
            "server/createRole auditor code,name,permissions,longestTokenDays,purposes,purposeRequired 1",
            "server/updateRole of_old permissions 2",
        ]);
        let mut after = stored(t).await;
        assert!(after.contains(&"own Riêng 90 - own plan:read".to_owned()) && after.contains(&"of_old Cũ 90 - built in ".to_owned()), "{after:?}");
        after.retain(|role| BUILT_IN.iter().any(|known| role.starts_with(&format!("{} ", known.code))));
        after.sort_unstable();
        let mut now = now;
        now.sort_unstable();
        assert_eq!(after, now);
    }

    async fn what_an_operator_says_of_purposes_holds_on_every_node_and_is_in_the_ledger(t: &Service) {
        let bank = t.as_role("bank_officer").await;
        let other = t.another_node(|_| {}).await;
        let there = other.bearing(&bank.token, &bank.name);
        let loans = async |caller: &Caller, purpose: &str| {
            let answer = caller.clone().with("x-purpose", purpose).query("{ loans(first: 1) { totalCount } }").await;
            answer.errors().is_empty()
        };
        for (allowed, purpose) in [(Purpose::Reporting, "LOAN_APPRAISAL"), (Purpose::LoanAppraisal, "REPORTING")] {
            // Known to both nodes as one that may.
            within_a_second(async || loans(&bank, purpose).await && loans(&there, purpose).await).await;
            let done = set_purposes(&t.app, "bank_officer", EnumSet::from(&[allowed][..]), false).await;
            done.unwrap_or_else(|failure| panic!("{}", failure.message));
            within_a_second(async || !loans(&bank, purpose).await).await;
            within_a_second(async || !loans(&there, purpose).await).await;
            assert!(loans(&there, allowed.as_str()).await);
        }
        within_a_second(async || loans(&there, "LOAN_APPRAISAL").await).await;
        set_purposes(&t.app, "bank_officer", EnumSet::new(), true).await.unwrap_or_else(|failure| panic!("{}", failure.message));
        within_a_second(async || !there.query("{ loans(first: 1) { totalCount } }").await.errors().is_empty()).await;
        // The same once more is no change.
        set_purposes(&t.app, "bank_officer", EnumSet::new(), true).await.unwrap_or_else(|failure| panic!("{}", failure.message));
        assert_eq!(deeds(t).await, [
            "server/updateRole bank_officer purposes 4",
            "server/updateRole bank_officer purposes 4",
            "server/updateRole bank_officer purposes,purposeRequired 4",
        ]);
    }

    async fn nodes_that_start_together_make_each_role_once(t: &EmptyDatabase) {
        use ansinh::{db::Db, identity::built_in, reference};
        use migration::{Migrator, MigratorTrait};
        let db = Db::connect(&t.0.url).await.unwrap();
        Migrator::up(&db.connection, None).await.unwrap();
        reference::load(&db.connection).await.unwrap();
        let now = chrono::Utc::now();
        let starts = tokio::join!(built_in::ensure(&db, now), built_in::ensure(&db, now), built_in::ensure(&db, now));
        assert!(starts.0.is_ok() && starts.1.is_ok() && starts.2.is_ok());
        let service = Service::over(t.0.borrowed()).await;
        assert_eq!(stored(&service).await.len(), BUILT_IN.len());
        assert_eq!(service.number("SELECT count(*) FROM audit_entry").await, 0, "nothing was that has changed");
        assert_eq!(service.number("SELECT count(*) FROM role WHERE purposes IS NULL OR version <> 1").await, 0);
        assert_eq!(start(&service).await, Vec::<String>::new());
    }
}
