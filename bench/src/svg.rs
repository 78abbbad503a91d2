//! The figures as bars: CPU of the service and its database for each scenario, beside the floor's.

use std::fmt::Write;

use crate::report::{Measured, Report, Round, Side};

const LINE: f64 = 18.0;
/// Where bars begin.
const LEFT: f64 = 130.0;
const WIDTH: f64 = 960.0;
/// Length of the longest bar; the rest is for words.
const LONGEST: f64 = WIDTH - LEFT - 210.0;
const SERVICE: [&str; 2] = ["#1f5f99", "#7fb3dd"];
const FLOOR: [&str; 2] = ["#5f6b73", "#b9c2c8"];

/// A picture of the table.
pub fn draw(report: &Report) -> String {
    let mut bars = String::new();
    let mut top = 4.0 * LINE;
    let longest =
        report.scenarios.iter().filter_map(Measured::ratio).filter(|ratio| ratio.is_finite()).fold(1.0, f64::max);
    for measured in &report.scenarios {
        top = scenario(&mut bars, measured, top, LONGEST / longest);
    }
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
        height = top + LINE,
    );
    words(&mut text, 10.0, LINE, "CPU seconds for 1,000 requests; all floors drawn to one length");
    words(&mut text, 10.0, 2.0 * LINE, &report.conditions.line());
    let legend =
        [("service", SERVICE[0]), ("its database", SERVICE[1]), ("floor", FLOOR[0]), ("its database", FLOOR[1])];
    let mut left = LEFT;
    for (name, colour) in legend {
        bar(&mut text, left, 2.4 * LINE, 12.0, colour);
        words(&mut text, left + 18.0, 3.0 * LINE, name);
        left += 120.0;
    }
    text + &bars + "</svg>\n"
}

/// The service's bar and the floor's, and where the next scenario goes. Scenarios differ a thousandfold, so that all floors
/// are drawn to one length: `unit`.
fn scenario(text: &mut String, measured: &Measured, top: f64, unit: f64) -> f64 {
    let scale = unit / measured.floor.as_ref().unwrap_or(&measured.service).median(Round::cpu);
    words(text, 10.0, top + 0.7 * LINE, measured.name);
    side(text, &measured.service, scale, SERVICE, top, measured.ratio());
    let Some(floor) = &measured.floor else { return top + 1.5 * LINE };
    side(text, floor, scale, FLOOR, top + LINE, None);
    top + 2.5 * LINE
}

fn side(text: &mut String, side: &Side, scale: f64, colours: [&str; 2], top: f64, ratio: Option<f64>) {
    let mut left = LEFT;
    for (part, colour) in
        [side.median(|round| round.cpu_program), side.median(|round| round.cpu_database)].into_iter().zip(colours)
    {
        // A floor that took no tick of the clock leaves nothing to be drawn against.
        let length = Some(part * scale).filter(|length| length.is_finite()).unwrap_or_default();
        bar(text, left, top, length, colour);
        left += length;
    }
    let ratio = ratio.map(|ratio| format!(" · {ratio:.2} times the floor")).unwrap_or_default();
    words(text, left + 6.0, top + 0.7 * LINE, &format!("{:.3} s{ratio}", side.median(Round::cpu)));
}

fn bar(text: &mut String, left: f64, top: f64, length: f64, colour: &str) {
    let height = LINE - 4.0;
    let _fits = writeln!(
        text,
        "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{length:.1}\" height=\"{height:.1}\" fill=\"{colour}\"/>"
    );
}

fn words(text: &mut String, left: f64, base: f64, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let _fits = writeln!(text, "<text x=\"{left:.1}\" y=\"{base:.1}\" fill=\"#222222\">{words}</text>");
}
