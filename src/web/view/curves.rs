//! Amounts along the months, as lines: an image of the table that is beside it.

use crate::calendar::Month;
use crate::money::Amount;
use maud::{Markup, html};

/// The drawing, in its own units: its ground, and the margins of its words.
const WIDTH: i64 = 900;
const HEIGHT: i64 = 260;
const LEFT: i64 = 90;
const RIGHT: i64 = 90;
const TOP: i64 = 14;
const FOOT: i64 = 30;

/// The most lines that are told apart by colour; each bears its name at its end too.
const MOST: usize = 6;

/// Lines of amounts, one per series, over the same months.
pub(in crate::web) fn curve(title: &str, months: &[Month], series: &[(String, Vec<Amount>)]) -> Markup {
    let most = series.iter().flat_map(|(_, amounts)| amounts).map(|amount| amount.centimes()).max();
    let top = round_up(most.unwrap_or(0).max(1));
    let steps = i64::try_from(months.len()).unwrap_or(1).saturating_sub(1).max(1);
    let across = |rank: usize| LEFT + (WIDTH - LEFT - RIGHT) * i64::try_from(rank).unwrap_or(0) / steps;
    let up = |centimes: i64| {
        let drawn = i128::from(HEIGHT - TOP - FOOT) * i128::from(centimes) / i128::from(top);
        HEIGHT - FOOT - i64::try_from(drawn).unwrap_or(0)
    };
    let path = |amounts: &[Amount]| {
        let points = amounts.iter().enumerate().map(|(rank, amount)| {
            let verb = if rank == 0 { 'M' } else { 'L' };
            format!("{verb}{} {}", across(rank), up(amount.centimes()))
        });
        points.collect::<Vec<_>>().join(" ")
    };
    let shown = &series[..series.len().min(MOST)];
    let names = spread(shown.iter().map(|(_, amounts)| up(amounts.last().map_or(0, |last| last.centimes()))));
    html! {
        svg.curve viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label={ (title) " : les chiffres sont dans le tableau qui suit" } {
            @for quarter in 0..=4 {
                @let level = top / 4 * quarter;
                line.grid x1=(LEFT) x2=(WIDTH - RIGHT) y1=(up(level)) y2=(up(level)) {}
                text x=(LEFT - 8) y=(up(level) + 4) text-anchor="end" { (whole_euros(level)) }
            }
            @for (rank, month) in months.iter().enumerate() {
                text x=(across(rank)) y=(HEIGHT - 8) text-anchor="middle" { (month.short()) }
            }
            @for (rank, (code, amounts)) in shown.iter().enumerate() {
                path class={ "c" (rank + 1) } d=(path(amounts)) {}
                text class={ "c" (rank + 1) } x=(WIDTH - RIGHT + 6) y=(names[rank] + 4) { (code) }
            }
        }
        @if series.len() > MOST { p.note { "Les " (MOST) " premiers dispositifs sont dessinés ; tous sont dans le tableau." } }
    }
}

/// The scale's top, in centimes: the first round sum that holds everything and that four divides.
fn round_up(most: i64) -> i64 {
    let mut power = 4;
    loop {
        for times in [100, 120, 160, 200, 240, 320, 400, 480, 600, 800] {
            let top = times * power;
            if top >= most || top > i64::MAX / 10_000 {
                return top;
            }
        }
        power *= 10;
    }
}

fn whole_euros(centimes: i64) -> String {
    format!("{}\u{a0}€", crate::money::group_thousands((centimes / 100).unsigned_abs()))
}

/// Moves names apart that would be written over each other.
fn spread(heights: impl Iterator<Item = i64>) -> Vec<i64> {
    const LINE: i64 = 14;
    let mut ranked: Vec<(usize, i64)> = heights.enumerate().collect();
    ranked.sort_by_key(|(_, height)| std::cmp::Reverse(*height));
    let mut free = HEIGHT - FOOT;
    for (_, height) in &mut ranked {
        *height = (*height).min(free);
        free = *height - LINE;
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, height)| height).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_holds_everything_and_names_do_not_touch() {
        for (most, top) in [
            (1, 400),
            (401, 480),
            (55_229, 64_000),
            (160_001, 192_000),
            (42_463_321, 48_000_000),
            (i64::MAX, i64::MAX),
        ] {
            let found = round_up(most);
            assert!(found >= most.min(i64::MAX / 10_000), "{most}: {found}");
            assert!(most == i64::MAX || found <= top, "{most}: {found}");
            assert_eq!(found % 4, 0);
        }
        let names = spread([200, 200, 199, 50].into_iter());
        assert_eq!(names, [200, 186, 172, 50]);
    }
}
