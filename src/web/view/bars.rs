//! How much of a sum is used, as a bar: an image of a figure that is beside it in words.

use crate::money::Amount;
use maud::{Markup, html};

/// Width of a bar, in its own units.
const WIDTH: i64 = 120;

/// A bar of what is used of a whole, with a mark for what is paid of it. What exceeds the whole fills it.
pub(in crate::web) fn bar(whole: Amount, used: Amount, paid: Amount) -> Markup {
    let part = |amount: Amount| match whole.centimes() {
        whole if whole > 0 => (amount.centimes().max(0).min(whole) * WIDTH) / whole,
        _ => 0,
    };
    let beyond = used > whole;
    html! {
        svg.bar viewBox={ "0 0 " (WIDTH) " 10" } width=(WIDTH) height="10" aria-hidden="true" focusable="false" {
            rect.whole width=(WIDTH) height="10" rx="2" {}
            rect.used.beyond[beyond] width=(part(used)) height="10" rx="2" {}
            rect.paid width=(part(paid)) height="4" y="6" rx="1" {}
        }
    }
}
