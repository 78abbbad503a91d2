//! From cells to the answer's text, in query order: ids, decimals, sets, computed fields, FORBIDDEN with its path,
//! and nulls that climb out of non-null fields.

use async_graphql::{PathSegment, Pos, ServerError};
use chrono::{DateTime, NaiveDate, SecondsFormat};

use super::{
    cells::{Cells, Malformed},
    compute::Inputs,
    plan::{ObjectPlan, Out, Slot, Subject, TreePlan},
    projection::{Compute, Leaf},
};
use crate::{
    access::{Permission, Viewer, uses::Seen},
    db::{Claim, Lack},
    error::Failure,
    schema::global_id,
};

/// Why a value could not be written where it stands.
#[derive(Debug)]
pub enum Stop {
    /// It is null: the nearest nullable field becomes null.
    Null,
    /// The database's answer is not what the plan says.
    Malformed,
    /// The text grew longer than there is room for.
    NoRoom(Lack),
}

impl From<Malformed> for Stop {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

pub type Shaped<T = ()> = Result<T, Stop>;

/// What stands at one place of a list of records of several types.
pub enum Item<'p> {
    Record(&'p ObjectPlan, &'p str),
    Missing,
    /// Its type needs a permission that the viewer lacks.
    Refused(Permission, Pos),
}

pub struct Shaper<'a> {
    pub out: String,
    claim: Claim,
    pub(super) path: Vec<PathSegment>,
    errors: Vec<ServerError>,
    /// The records that were shaped.
    seen: Seen,
    /// Most errors of one root field; the rest is counted. A forbidden field gives one a row.
    most_errors: usize,
    left_out: usize,
    viewer: &'a Viewer,
    day: NaiveDate,
}

impl<'a> Shaper<'a> {
    /// `path`: of the root field, as it stands in the errors.
    /// `claim`: room for the text.
    pub fn new(viewer: &'a Viewer, day: NaiveDate, path: Vec<PathSegment>, most_errors: usize, claim: Claim) -> Self {
        Self {
            out: String::new(),
            claim,
            path,
            errors: Vec::new(),
            seen: Seen::default(),
            most_errors,
            left_out: 0,
            viewer,
            day,
        }
    }

    /// The answer's text, its errors, the last of which says how many were left out, and the records in it.
    pub fn finish(mut self) -> (String, Vec<ServerError>, Seen) {
        if self.left_out > 0 {
            let more = self.left_out;
            let failure = Failure::forbidden(
                format!("{more} further errors of this field are left out."),
                format!("Còn {more} lỗi khác của trường này không được liệt kê."),
            );
            self.path.truncate(1);
            self.errors.push(self.located(failure, Pos::default()));
        }
        self.claim.stay(self.out.len());
        (self.out, self.errors, self.seen)
    }

    /// Sees to it that there is room for the text so far; asked wherever a list may make it longer.
    pub(super) fn measure(&mut self) -> Shaped {
        let length = self.out.len();
        if length <= self.claim.bytes() {
            return Ok(());
        }
        // Beyond what it needs now, so that it needn't ask for every record.
        let ahead = length.saturating_add(length / 4);
        self.claim.grow(ahead).or_else(|_| self.claim.grow(length)).map_err(Stop::NoRoom)
    }

    fn located(&self, failure: Failure, at: Pos) -> ServerError {
        let mut error = async_graphql::Error::from(failure).into_server_error(at);
        error.path.clone_from(&self.path);
        if at == Pos::default() {
            error.locations.clear();
        }
        error
    }

    pub(super) fn fail(&mut self, failure: Failure, at: Pos) {
        if self.errors.len() < self.most_errors {
            let error = self.located(failure, at);
            self.errors.push(error);
        } else {
            self.left_out += 1;
        }
    }

    /// An object from its array of cells.
    pub fn object(&mut self, plan: &ObjectPlan, cells: &mut Cells<'_>) -> Shaped {
        if !cells.enter()? {
            return Err(Stop::Null);
        }
        let mut taken = 0;
        let mut id = "";
        if plan.keyed {
            before_cell(plan, cells, &mut taken)?;
            id = cells.value()?;
            if plan.texts {
                id = id.trim_matches('"');
            }
        }
        if let Some(subject) = plan.subject {
            self.note(subject, id);
        }
        self.out.push('{');
        for (index, slot) in plan.slots.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            if slot.has_cell() {
                before_cell(plan, cells, &mut taken)?;
            }
            self.slot(slot, id, cells)?;
        }
        if plan.chunk.is_some() && taken > 0 {
            cells.leave()?;
        }
        self.out.push('}');
        cells.leave()?;
        self.measure()
    }

    pub(super) fn note(&mut self, subject: Subject, id: &str) {
        self.seen.allowed.add(subject.type_name, id);
        if subject.denied {
            self.seen.denied.add(subject.type_name, id);
        }
    }

    /// `id`: of the row.
    fn slot(&mut self, slot: &Slot, id: &str, cells: &mut Cells<'_>) -> Shaped {
        self.key(&slot.key);
        let (start, mark) = (cells.position(), self.out.len());
        let reported = self.errors.len() + self.left_out;
        self.path.push(PathSegment::Field(slot.key.clone()));
        let written = self.value(slot, id, cells);
        if matches!(written, Err(Stop::Null)) && slot.non_null && reported == self.errors.len() + self.left_out {
            // A null that climbs must have an error; one that nothing else explains is a row of ours gone wrong.
            self.fail(Failure::internal("a field that can't be null is"), slot.at);
        }
        self.path.pop();
        match written {
            Err(Stop::Null) if !slot.non_null => {
                self.out.truncate(mark);
                self.out.push_str("null");
                if slot.has_cell() {
                    cells.rewind(start);
                    cells.value()?;
                }
                Ok(())
            }
            other => other,
        }
    }

    pub(super) fn key(&mut self, key: &str) {
        // Response keys are GraphQL names: nothing in them needs escaping.
        self.out.push('"');
        self.out.push_str(key);
        self.out.push_str("\":");
    }

    pub(super) fn text(&mut self, text: &str) {
        self.out.push('"');
        self.out.push_str(text);
        self.out.push('"');
    }

    fn value(&mut self, slot: &Slot, id: &str, cells: &mut Cells<'_>) -> Shaped {
        match &slot.out {
            Out::TypeName(name) => {
                self.text(name);
                Ok(())
            }
            Out::Forbidden(permission) => {
                self.fail(self.viewer.lacking(*permission), slot.at);
                Err(Stop::Null)
            }
            Out::Id(type_name) => self.id(type_name, not_null(cells.value()?)?),
            Out::RowId(type_name) => self.id(type_name, id),
            Out::Leaf(leaf) => {
                let cell = not_null(cells.value()?)?;
                self.leaf(*leaf, cell)
            }
            Out::Computed { compute, arguments, shape } => {
                let text = cells.value()?;
                self.computed(slot.at, *compute, arguments, shape.as_ref(), text)
            }
            Out::Object(plan) => self.object(plan, cells),
            Out::List(plan) => self.list(plan, cells),
            Out::Page(plan) => self.page(plan, cells),
            Out::OneOf(plans) => self.one_of(plans, cells),
        }
    }

    fn id(&mut self, type_name: &str, id: &str) -> Shaped {
        self.out.push('"');
        global_id::encode_into(type_name, id.trim_matches('"'), &mut self.out);
        self.out.push('"');
        Ok(())
    }

    pub fn list(&mut self, plan: &ObjectPlan, cells: &mut Cells<'_>) -> Shaped {
        if !cells.enter()? {
            return Err(Stop::Null);
        }
        self.out.push('[');
        let mut index = 0;
        while cells.more() {
            if index > 0 {
                self.out.push(',');
            }
            self.path.push(PathSegment::Index(index));
            let written = self.object(plan, cells);
            self.path.pop();
            written?;
            index += 1;
        }
        self.out.push(']');
        cells.leave()?;
        Ok(())
    }

    /// A list whose items were read apart from each other; what isn't there is null.
    pub fn nullable_items<'p>(&mut self, items: impl Iterator<Item = Item<'p>>) -> Shaped {
        self.out.push('[');
        for (index, item) in items.enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            let mark = self.out.len();
            self.path.push(PathSegment::Index(index));
            let written = match item {
                Item::Record(plan, cells) => self.object(plan, &mut Cells::new(cells)),
                Item::Missing => Err(Stop::Null),
                Item::Refused(permission, at) => {
                    self.fail(self.viewer.lacking(permission), at);
                    Err(Stop::Null)
                }
            };
            self.path.pop();
            match written {
                Err(Stop::Null) => {
                    self.out.truncate(mark);
                    self.out.push_str("null");
                }
                other => other?,
            }
        }
        self.out.push(']');
        Ok(())
    }

    fn one_of(&mut self, plans: &[(&'static str, ObjectPlan)], cells: &mut Cells<'_>) -> Shaped {
        if !cells.enter()? {
            return Err(Stop::Null);
        }
        let tag = not_null(cells.value()?)?.trim_matches('"');
        let plan = plans.iter().find(|(name, _)| *name == tag).ok_or(Stop::Null)?;
        cells.more();
        self.object(&plan.1, cells)?;
        cells.leave()?;
        Ok(())
    }

    fn leaf(&mut self, leaf: Leaf, cell: &str) -> Shaped {
        let bare = cell.trim_matches('"');
        match leaf {
            Leaf::Plain => self.out.push_str(cell),
            Leaf::Bare => self.out.push_str(bare),
            Leaf::Bool => self.out.push_str(if matches!(bare, "1" | "true") { "true" } else { "false" }),
            Leaf::Instant => {
                let micros = bare.parse().map_err(|_| Stop::Malformed)?;
                let instant = DateTime::from_timestamp_micros(micros).ok_or(Stop::Malformed)?;
                let text = instant.to_rfc3339_opts(SecondsFormat::AutoSi, true);
                self.text(&text);
            }
            Leaf::Set(values) => {
                let bits: i64 = bare.parse().map_err(|_| Stop::Malformed)?;
                self.out.push('[');
                let set = values.iter().enumerate().filter(|(index, _)| bits >> index & 1 == 1);
                for (position, (_, value)) in set.enumerate() {
                    if position > 0 {
                        self.out.push(',');
                    }
                    self.text(value);
                }
                self.out.push(']');
            }
        }
        Ok(())
    }

    fn computed(
        &mut self,
        at: Pos,
        compute: Compute,
        arguments: &[(&'static str, async_graphql::Value)],
        shape: Option<&TreePlan>,
        text: &str,
    ) -> Shaped {
        let cells: Vec<serde_json::Value> = serde_json::from_str(text).map_err(|_| Stop::Malformed)?;
        let inputs = Inputs { cells: &cells, arguments, day: self.day, viewer: self.viewer };
        let value = match compute(&inputs) {
            Ok(serde_json::Value::Null) => return Err(Stop::Null),
            Ok(value) => value,
            Err(failure) => {
                self.fail(failure, at);
                return Err(Stop::Null);
            }
        };
        match shape {
            Some(shape) => self.tree(shape, &value)?,
            None => self.json(&value),
        }
        Ok(())
    }

    fn json(&mut self, value: &serde_json::Value) {
        self.out.push_str(&value.to_string());
    }

    /// The selected part of an object or a list of objects that a function made.
    fn tree(&mut self, plan: &TreePlan, value: &serde_json::Value) -> Shaped {
        match value {
            serde_json::Value::Array(items) => {
                self.out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        self.out.push(',');
                    }
                    self.tree(plan, item)?;
                }
                self.out.push(']');
            }
            object => {
                self.out.push('{');
                for (index, (key, name)) in plan.slots.iter().enumerate() {
                    if index > 0 {
                        self.out.push(',');
                    }
                    self.key(key);
                    match name {
                        Some(name) => self.json(object.get(name).unwrap_or(&serde_json::Value::Null)),
                        None => self.text(plan.type_name),
                    }
                }
                self.out.push('}');
            }
        }
        self.measure()
    }
}

/// Steps to the next cell of an object, into the next array where they are gathered in several.
fn before_cell(plan: &ObjectPlan, cells: &mut Cells<'_>, taken: &mut usize) -> Shaped {
    if let Some(size) = plan.chunk
        && taken.is_multiple_of(size)
    {
        if *taken > 0 {
            cells.leave()?;
        }
        cells.more();
        cells.enter()?;
    }
    cells.more();
    *taken += 1;
    Ok(())
}

impl Slot {
    const fn has_cell(&self) -> bool {
        !matches!(self.out, Out::TypeName(_) | Out::RowId(_) | Out::Forbidden(_))
    }
}

pub(super) fn not_null(cell: &str) -> Shaped<&str> {
    if cell == "null" { Err(Stop::Null) } else { Ok(cell) }
}
