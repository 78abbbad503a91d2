//! The policy as a text that can be checked without reading Rust: `ansinh access matrix`. A copy stands in
//! `docs/access-matrix.txt`, and a test holds it against the code.

use std::fmt::{self, Write};

use entity::enums::Purpose;

use super::projections::{is_root, projections};
use crate::{
    access::{
        Owned, Permission, PermissionSet, Reach, bounds, denied, duties,
        filters::{FILTERS, Looks, PROGRAMS},
        need,
        purpose::of_built_in,
        reads,
        roles::{BUILT_IN, BuiltIn},
        roots::{Asks, ROOTS},
    },
    read::projection::{Field, Projection, Readers, Rows, Source},
};

const HEAD: &str = "\
WHO MAY SEE AND CHANGE WHAT

A use is allowed when all three agree: a role of the token gives the permission, the row is in sight, and the field may be
read. What is not written here is denied, and a denial wins over every grant. Print it anew: ansinh access matrix
";

const LIVE: &str = "\
statistics:live: statistics and sums over programs are those of this moment. Without it statistics are the closed
  figures of a day, no count under 5, and sums over programs count whole fives of households. The two StatisticsRow of
  section 6 are one type: a role reads the one or the other.";

const FIELDS: &str = "\
6. FIELDS: what each tells of a person; the roles that read it, on the rows that they see; what it takes besides the
type's permission; as what it is owned. A small letter is a role that gets another value, which the brackets name.";

const FILTERS_HEAD: &str = "\
8. FILTERS, ORDERS AND ARGUMENTS: what each takes besides that of the root or field that it stands at, so that nobody
finds by it what they may not read";

/// The whole text.
pub fn text() -> String {
    let mut text = String::from(HEAD);
    // Writing to a text never fails.
    let _ = write(&mut text);
    text
}

fn write(out: &mut String) -> fmt::Result {
    roles(out)?;
    permissions(out)?;
    denials(out)?;
    needs(out)?;
    owners(out)?;
    fields(out)?;
    roots(out)?;
    filters(out)
}

fn letters() -> impl Iterator<Item = (char, &'static BuiltIn)> {
    ('A'..='Z').zip(BUILT_IN)
}

/// What a client of the role's own agency is left with.
fn held(role: &BuiltIn) -> PermissionSet {
    denied::without_denied(role.agency, PermissionSet::of(role.permissions))
}

/// A column for each role: its letter where the condition holds.
fn columns(holds: impl Fn(&BuiltIn) -> bool) -> String {
    letters().map(|(letter, role)| if holds(role) { letter } else { '.' }).collect()
}

fn roles(out: &mut String) -> fmt::Result {
    writeln!(out, "\n1. BUILT-IN ROLES, each with the agency whose officers bear it\n")?;
    for (letter, role) in letters() {
        writeln!(out, "  {letter}  {:<20} {:<10} {}", role.code, role.agency, role.name)?;
    }
    writeln!(out, "\n  What they may be used for, as X-Purpose names it, until an operator says otherwise:\n")?;
    for purpose in Purpose::ALL {
        let serves = |role: &BuiltIn| {
            let purposes = of_built_in(role.code);
            purposes.is_empty() || purposes.contains(*purpose)
        };
        writeln!(out, "  {:<26} {}", purpose.as_str(), columns(serves))?;
    }
    Ok(())
}

fn permissions(out: &mut String) -> fmt::Result {
    writeln!(out, "\n2. PERMISSIONS: a verb on a resource, and the roles that hold it\n")?;
    for permission in Permission::ALL {
        writeln!(out, "  {:<26} {}", permission.code(), columns(|role| held(role).has(*permission)))?;
    }
    writeln!(out, "\n  {LIVE}")?;
    writeln!(out, "\n  Who changes something reads what the change names. Of use only together with:\n")?;
    let mut besides = reads::READS.iter().filter(|(_, reads)| !reads.is_empty());
    besides.try_for_each(|(write, reads)| writeln!(out, "  {:<26} {}", write.code(), codes(reads, ", ")))
}

fn denials(out: &mut String) -> fmt::Result {
    writeln!(out, "\n3. DENIED WHATEVER THE ROLES SAY\n")?;
    for denial in denied::DENIED {
        writeln!(out, "  agency {}: {}\n    {}", denial.agency, codes(denial.permissions, ", "), denial.reason)?;
    }
    writeln!(out, "  whoever holds {}: every permission on personal data", codes(duties::PLATFORM_END, " or "))?;
    writeln!(out, "    {}", denied::ADMINISTERS)?;
    writeln!(
        out,
        "  agencies that need nobody (section 4): every permission on personal data, and {}\n    {}",
        Permission::StatisticsLive.code(),
        denied::NEEDLESS
    )?;
    writeln!(out, "\n  Nobody holds one of the left and one of the right:")?;
    for (left, right) in duties::APART {
        writeln!(out, "    {}  |  {}", codes(left, " or "), codes(right, " or "))?;
    }
    Ok(())
}

fn needs(out: &mut String) -> fmt::Result {
    writeln!(
        out,
        "\n4. ROWS: beside the token's unit (province, district or commune), whom an agency needs to know\n"
    )?;
    for (what, rule) in need::RULES {
        let agencies = need::AGENCIES.iter().filter(|(_, need)| need == what).map(|(code, _)| *code);
        writeln!(out, "  {}\n    {rule}", agencies.collect::<Vec<_>>().join(" "))?;
    }
    writeln!(out, "  any other agency\n    Nobody.")?;
    writeln!(out, "\n  The widest unit of a client that holds more than {}:\n", codes(bounds::UNBOUND, ", "))?;
    bounds::BOUNDS
        .iter()
        .try_for_each(|bound| writeln!(out, "  {:<4} a {}", bound.agency, bounds::words(bound.level).0))
}

fn owners(out: &mut String) -> fmt::Result {
    writeln!(
        out,
        "\n5. OWNERS: what is owned as one, by which agency (-: the permission alone decides), written with\n"
    )?;
    for owned in Owned::ALL {
        let owner = owned.owner().unwrap_or("-");
        writeln!(out, "  {:<22} {owner:<8} {}", owned.name(), codes(owned.written_with(), " or "))?;
    }
    Ok(())
}

fn codes(permissions: &[Permission], between: &str) -> String {
    permissions.iter().map(|permission| permission.code()).collect::<Vec<_>>().join(between)
}

fn fields(out: &mut String) -> fmt::Result {
    writeln!(out, "\n{FIELDS}\n")?;
    // One type from several tables may differ in rows and guard; what reads the same is written once.
    let mut rest = projections();
    while let Some(first) = rest.first() {
        let (of_type, further) = rest.split_at(rest.iter().take_while(|one| one.name == first.name).count());
        rest = further;
        let mut blocks: Vec<(String, Vec<String>, String)> = Vec::new();
        for projection in of_type {
            let heading = format!("{}{}{}", projection.name, guard(projection), read_by(projection));
            let (rule, lines) = (rows(projection), lines(projection)?);
            match blocks.iter_mut().find(|(known, _, same)| *known == heading && *same == lines) {
                Some((_, rules, _)) if rules.contains(&rule) => {}
                Some((_, rules, _)) => rules.push(rule),
                None => blocks.push((heading, vec![rule], lines)),
            }
        }
        for (heading, rules, lines) in blocks {
            write!(out, "{heading}: {}\n{lines}", rules.join("; or "))?;
        }
    }
    Ok(())
}

fn lines(projection: &Projection) -> Result<String, fmt::Error> {
    let mut lines = String::new();
    if let Rows::ScopedByKind { kinds, .. } = &projection.rows {
        for (kind, needed) in *kinds {
            let readers = columns(|role| reaches(projection, role) && held(role).has(*needed));
            writeln!(lines, "  {:<35} {readers}  [{}]", format!("rows of the kind {kind}"), needed.code())?;
        }
    }
    projection.fields.iter().try_for_each(|field| line(&mut lines, projection, field))?;
    Ok(lines)
}

/// Whether a role comes to the type at all: by its id, as a root, or by a field of another type that it reads.
fn reaches(projection: &Projection, role: &BuiltIn) -> bool {
    let set = held(role);
    let by_kind = match &projection.rows {
        Rows::ScopedByKind { kinds, .. } => kinds.iter().any(|(_, needed)| set.has(*needed)),
        _ => true,
    };
    let part = |of: &Projection, field: &Field| {
        let to = match &field.source {
            Source::Computed { shape, .. } => *shape,
            _ => field.leads_to(),
        };
        to.is_some_and(|to| std::ptr::eq(to, projection))
            && field.read_with(of).all(|needed| set.has(needed))
            && reaches(of, role)
    };
    let other = |of: &&&Projection| !std::ptr::eq(**of, projection);
    let parents = || projections().iter().filter(other).any(|of| of.fields.iter().any(|field| part(of, field)));
    by_kind && projection.is_for(set) && (projection.node || is_root(projection) || parents())
}

fn guard(projection: &Projection) -> String {
    projection.guard.map_or_else(String::new, |guard| format!(" [{}]", guard.code()))
}

fn read_by(projection: &Projection) -> String {
    match projection.readers {
        None => String::new(),
        Some(Readers::With(permission)) => format!(" with {}", permission.code()),
        Some(Readers::Without(permission)) => format!(" without {}", permission.code()),
    }
}

fn line(out: &mut String, of: &Projection, field: &Field) -> fmt::Result {
    let hidden = field.hides.as_ref().and_then(|hides| hides.needs);
    let needed: Vec<_> = field.read_with(of).chain(hidden).collect();
    let reads = |role: &BuiltIn| needed.iter().all(|permission| held(role).has(*permission)) && reaches(of, role);
    let differs = |role: &BuiltIn| field.otherwise.as_ref().is_some_and(|other| !held(role).has(other.lacking));
    let column = |(letter, role): (char, &BuiltIn)| match (reads(role), differs(role)) {
        (false, _) => '.',
        (true, false) => letter,
        (true, true) => letter.to_ascii_lowercase(),
    };
    let readers: String = letters().map(column).collect();
    let tells = field.sensitivity.map_or("UNDECLARED", |sensitivity| sensitivity.as_str());
    let owned = field.owner(of).map_or_else(String::new, |owned| format!("  {}", owned.name()));
    writeln!(out, "  {:<24} {:<10} {readers}{}{owned}", field.name, tells, besides(of, field))
}

/// What a field takes besides its type's permission, what it hides, and who gets another value.
fn besides(of: &Projection, field: &Field) -> String {
    let own = [field.guard, field.leads_to().and_then(|to| to.guard), field.hides.as_ref().and_then(|it| it.needs)];
    let own = own.into_iter().flatten().filter(|guard| Some(*guard) != of.guard);
    let mut words: Vec<String> = own.map(|permission| permission.code().to_owned()).collect();
    if let Some(hides) = field.hides.as_ref().filter(|hides| !hides.words.is_empty()) {
        words.push(format!("null {}", hides.words));
    }
    if let Some(other) = &field.otherwise {
        words.push(format!("{} without {}", other.words, other.lacking.code()));
    }
    if words.is_empty() { String::new() } else { format!("  [{}]", words.join(", ")) }
}

/// The row rule in words.
pub fn rows(projection: &Projection) -> String {
    let rows = of_rule(projection);
    match &projection.hidden {
        Some(hidden) => format!("{rows}; {} with {}", hidden.words, hidden.without.code()),
        None => rows,
    }
}

fn of_rule(projection: &Projection) -> String {
    match &projection.rows {
        Rows::Public => "all rows".into(),
        Rows::Scoped(Reach::Loan) => "rows of the token's unit (the bank's own, whomever they concern)".into(),
        Rows::Scoped(_) => "rows of the token's unit that the agency needs to know".into(),
        Rows::ScopedOrShared { members, .. } => {
            format!("rows of the token's unit, those of the whole province, and those with a {} in it", members.name)
        }
        Rows::ScopedByKind { kinds, .. } => {
            let kinds: Vec<_> = kinds.iter().map(|(kind, needs)| format!("{kind} with {}", needs.code())).collect();
            format!("rows of the token's unit that the agency needs to know, of the kinds: {}", kinds.join(", "))
        }
        Rows::Through { parent, .. } => format!("as far as its {} is seen", parent.name),
        Rows::ThroughOrNone { parent, .. } => format!("as far as its {} is seen, and those of none", parent.name),
        Rows::OwnAgency { all } => format!("of one's own agency and unit; of every agency with {}", all.code()),
        Rows::UnitInScope => "units within the token's unit".into(),
        Rows::Embedded => "part of the record it stands in".into(),
        Rows::OwnToken => "the caller's own".into(),
    }
}

fn roots(out: &mut String) -> fmt::Result {
    writeln!(out, "\n7. ROOT FIELDS of queries and mutations: what each asks for before it runs\n")?;
    for (name, asks) in ROOTS {
        let words = match asks {
            Asks::Token => "a token".to_owned(),
            Asks::ByRecord => "what the record's type asks for".to_owned(),
            Asks::All(needed) => codes(needed, " and "),
            Asks::Any(needed) => codes(needed, " or "),
        };
        writeln!(out, "  {name:<24} {}  {words}", columns(|role| asks.lacking(held(role)).is_none()))?;
    }
    Ok(())
}

fn filters(out: &mut String) -> fmt::Result {
    writeln!(out, "\n{FILTERS_HEAD}\n")?;
    for (name, looks) in FILTERS {
        match looks {
            Looks::Covered => writeln!(out, "  {name:<52} -")?,
            Looks::At(needed) => taking(out, name, &[*needed])?,
            Looks::ByProgram => {
                let taking =
                    |(program, needed): &(&str, &[Permission])| taking(out, &format!("{name}: {program}"), needed);
                PROGRAMS.iter().try_for_each(taking)?;
            }
        }
    }
    Ok(())
}

fn taking(out: &mut String, name: &str, needed: &[Permission]) -> fmt::Result {
    writeln!(out, "  {name:<52} {}", codes(needed, " and "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of a type's block.
    fn block<'t>(text: &'t str, heading: &str) -> Vec<&'t str> {
        let rest = text.lines().skip_while(|line| !line.starts_with(heading)).skip(1);
        rest.take_while(|line| line.starts_with("  ")).collect()
    }

    fn field<'t>(lines: &[&'t str], name: &str) -> &'t str {
        lines.iter().find(|line| line.split_whitespace().next() == Some(name)).unwrap()
    }

    #[test]
    fn who_gets_another_value_or_none_can_be_read_by_eye() {
        let text = text();
        let live = block(&text, "StatisticsRow [statistics:read] with statistics:live");
        // Social insurance reads no debts, the bank no benefits, and who sees statistics only nothing live.
        let lent = field(&live, "loansOutstanding");
        assert!(lent.contains("..CDE..H..KLM.  [loan:read]"), "{lent}");
        assert!(field(&live, "benefitsPaid").contains("..CD..G...KLM.  [benefit:read]"));
        assert!(field(&live, "poor").contains("[household:read, null to the bank for 1 to 4]"));
        let closed = block(&text, "StatisticsRow [statistics:read] without statistics:live");
        assert!(field(&closed, "loansOutstanding").contains(".........J...N"));
        let disbursed = field(&block(&text, "PlanFunding"), "disbursed");
        assert!(
            disbursed.contains("abCDEFGHIjKLMn  [in whole fives of households without statistics:live]"),
            "{disbursed}"
        );
        let document = field(&block(&text, "ClientOperation"), "document");
        assert!(document.contains("[client:operation, null of clients of other agencies]"), "{document}");
        for line in ["HouseholdFilter.hasOutstandingLoan", "PersonFilter.lacksProgramCode: HI_ELDERLY"] {
            assert!(text.contains(line), "{line}");
        }
    }
}
