//! Amounts in French words, as on a cheque or an attestation.

use super::Amount;

impl Amount {
    /// Writes the amount in words: `trois mille trois cent treize euros et soixante-quatorze centimes`.
    ///
    /// The spelling is the traditional one, that of cheques and deeds: hyphens below one hundred only,
    /// and none around *et* (`vingt et un`, `quatre-vingt-un`). Below one euro, the centimes stand
    /// alone: `cinq centimes`. Nothing at all is `zéro euro`.
    ///
    /// ```
    /// use denier::money::Amount;
    /// assert_eq!(Amount::from_centimes(200_000_000).in_words(), "deux millions d'euros");
    /// assert_eq!(Amount::from_centimes(-121).in_words(), "moins un euro et vingt et un centimes");
    /// ```
    pub fn in_words(self) -> String {
        let magnitude = self.0.unsigned_abs();
        let (euros, centimes) = (magnitude / 100, magnitude % 100);
        let mut parts = Vec::new();
        if euros > 0 || centimes == 0 {
            let of = if euros > 0 && euros.is_multiple_of(1_000_000) { "d'euro" } else { "euro" };
            parts.push(format!("{} {of}{}", number(euros), plural(euros)));
        }
        if centimes > 0 {
            parts.push(format!("{} centime{}", number(centimes), plural(centimes)));
        }
        format!("{}{}", if self.0 < 0 { "moins " } else { "" }, parts.join(" et "))
    }
}

/// The names of a million and of each thousand times more; an [`Amount`] has no more.
const LARGE: [&str; 4] = ["million", "milliard", "billion", "billiard"];

const UNITS: [&str; 20] = [
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze",
    "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf",
];

const TENS: [&str; 10] = [
    "",
    "",
    "vingt",
    "trente",
    "quarante",
    "cinquante",
    "soixante",
    "soixante",
    "quatre-vingt",
    "quatre-vingt",
];

fn number(number: u64) -> String {
    let (thousands, units) = (number / 1000 % 1000, number % 1000);
    let mut words = Vec::new();
    for (rank, name) in LARGE.iter().enumerate().rev() {
        let group = number / 1000u64.pow(rank as u32 + 2) % 1000;
        if group > 0 {
            words.push(format!("{} {name}{}", below_thousand(group, true), plural(group)));
        }
    }
    match thousands {
        0 => {}
        1 => words.push("mille".into()),
        // *Mille* is a numeral, and takes no mark of the plural before it; *million* is a noun.
        _ => words.push(format!("{} mille", below_thousand(thousands, false))),
    }
    if units > 0 || words.is_empty() {
        words.push(below_thousand(units, true));
    }
    words.join(" ")
}

/// `last` says that no numeral follows, so that *vingt* and *cent* multiplied take their *s*.
fn below_thousand(number: u64, last: bool) -> String {
    let mark = if last { "s" } else { "" };
    match (number / 100, number % 100) {
        (0, rest) => below_hundred(rest, mark),
        (1, 0) => "cent".into(),
        (1, rest) => format!("cent {}", below_hundred(rest, mark)),
        (hundreds, 0) => format!("{} cent{mark}", UNITS[hundreds as usize]),
        (hundreds, rest) => format!("{} cent {}", UNITS[hundreds as usize], below_hundred(rest, mark)),
    }
}

fn below_hundred(number: u64, mark: &str) -> String {
    let tens = TENS[number as usize / 10];
    match number {
        0..20 => UNITS[number as usize].into(),
        71 => "soixante et onze".into(),
        80 => format!("quatre-vingt{mark}"),
        70..80 | 90..100 => format!("{tens}-{}", UNITS[number as usize % 10 + 10]),
        _ if number.is_multiple_of(10) => tens.into(),
        81 => "quatre-vingt-un".into(),
        _ if number % 10 == 1 => format!("{tens} et un"),
        _ => format!("{tens}-{}", UNITS[number as usize % 10]),
    }
}

fn plural(number: u64) -> &'static str {
    if number > 1 { "s" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_in_words() {
        let cases = [
            (0, "zéro euro"),
            (1, "un centime"),
            (2, "deux centimes"),
            (5, "cinq centimes"),
            (21, "vingt et un centimes"),
            (80, "quatre-vingts centimes"),
            (99, "quatre-vingt-dix-neuf centimes"),
            (100, "un euro"),
            (101, "un euro et un centime"),
            (150, "un euro et cinquante centimes"),
            (200, "deux euros"),
            (1_000, "dix euros"),
            (1_600, "seize euros"),
            (1_700, "dix-sept euros"),
            (2_000, "vingt euros"),
            (2_100, "vingt et un euros"),
            (2_200, "vingt-deux euros"),
            (3_100, "trente et un euros"),
            (4_500, "quarante-cinq euros"),
            (6_000, "soixante euros"),
            (6_100, "soixante et un euros"),
            (6_900, "soixante-neuf euros"),
            (7_000, "soixante-dix euros"),
            (7_100, "soixante et onze euros"),
            (7_200, "soixante-douze euros"),
            (7_700, "soixante-dix-sept euros"),
            (8_000, "quatre-vingts euros"),
            (8_100, "quatre-vingt-un euros"),
            (8_200, "quatre-vingt-deux euros"),
            (9_000, "quatre-vingt-dix euros"),
            (9_100, "quatre-vingt-onze euros"),
            (9_900, "quatre-vingt-dix-neuf euros"),
            (10_000, "cent euros"),
            (10_100, "cent un euros"),
            (12_100, "cent vingt et un euros"),
            (18_000, "cent quatre-vingts euros"),
            (20_000, "deux cents euros"),
            (20_100, "deux cent un euros"),
            (28_000, "deux cent quatre-vingts euros"),
            (55_229, "cinq cent cinquante-deux euros et vingt-neuf centimes"),
            (99_900, "neuf cent quatre-vingt-dix-neuf euros"),
            (100_000, "mille euros"),
            (100_100, "mille un euros"),
            (110_000, "mille cent euros"),
            (120_000, "mille deux cents euros"),
            (200_000, "deux mille euros"),
            (331_374, "trois mille trois cent treize euros et soixante-quatorze centimes"),
            (2_100_000, "vingt et un mille euros"),
            (8_000_000, "quatre-vingt mille euros"),
            (8_008_000, "quatre-vingt mille quatre-vingts euros"),
            (10_000_000, "cent mille euros"),
            (20_000_000, "deux cent mille euros"),
            (20_020_000, "deux cent mille deux cents euros"),
            (28_000_000, "deux cent quatre-vingt mille euros"),
            (
                99_999_999,
                "neuf cent quatre-vingt-dix-neuf mille neuf cent quatre-vingt-dix-neuf euros et quatre-vingt-dix-neuf centimes",
            ),
            (100_000_000, "un million d'euros"),
            (100_000_050, "un million d'euros et cinquante centimes"),
            (100_020_000, "un million deux cents euros"),
            (100_100_000, "un million mille euros"),
            (200_000_000, "deux millions d'euros"),
            (366_497_600, "trois millions six cent soixante-quatre mille neuf cent soixante-seize euros"),
            (8_000_000_000, "quatre-vingts millions d'euros"),
            (20_000_000_000, "deux cents millions d'euros"),
            (100_000_000_000, "un milliard d'euros"),
            (200_300_000_000, "deux milliards trois millions d'euros"),
            (100_000_000_000_000, "un billion d'euros"),
            (-5, "moins cinq centimes"),
            (-100, "moins un euro"),
            (-331_374, "moins trois mille trois cent treize euros et soixante-quatorze centimes"),
            (
                i64::MIN,
                "moins quatre-vingt-douze billiards deux cent trente-trois billions sept cent vingt milliards trois cent soixante-huit millions cinq cent quarante-sept mille sept cent cinquante-huit euros et huit centimes",
            ),
        ];
        for (centimes, words) in cases {
            assert_eq!(Amount::from_centimes(centimes).in_words(), words, "{centimes}");
        }
    }

    /// Reads words as a child adds them up, knowing nothing of how they were written.
    fn read(words: &str) -> i64 {
        let (mut whole, mut group, mut euros, mut centimes) = (0, 0, 0, 0);
        for word in words.replace("quatre-vingt", "huitante").replace("d'", "").split([' ', '-']) {
            let scale = |name: &str| {
                LARGE.iter().position(|large| name == *large).map(|rank| 1000_i64.pow(rank as u32 + 2))
            };
            match word.strip_suffix('s').filter(|_| UNITS.iter().all(|unit| *unit != word)).unwrap_or(word) {
                "et" | "moins" => {}
                "euro" => (euros, whole, group) = (whole + group, 0, 0),
                "centime" => centimes = whole + group,
                "cent" => group = group.max(1) * 100,
                "mille" => (whole, group) = (whole + group.max(1) * 1000, 0),
                "huitante" => group += 80,
                word => match (scale(word), UNITS.iter().position(|unit| *unit == word)) {
                    (Some(scale), _) => (whole, group) = (whole + group * scale, 0),
                    (None, Some(unit)) => group += unit as i64,
                    (None, None) => {
                        let tens = TENS.iter().position(|tens| *tens == word).expect("a number's word");
                        group += tens as i64 * 10;
                    }
                },
            }
        }
        euros * 100 + centimes
    }

    /// Two amounts never have the same words, since each is read back.
    #[test]
    fn words_are_read_back_as_the_amount() {
        let small = (0..=2_000).chain((0..=2_000).map(|euros| euros * 100));
        let large =
            (0..2_000).map(|n: i64| n.wrapping_mul(0x5DEE_CE66_D1CE_4E5B).rem_euclid(i64::MAX) >> (n % 40));
        for centimes in small.chain(large) {
            let words = Amount::from_centimes(centimes).in_words();
            assert_eq!(read(&words), centimes, "{words}");
        }
    }
}
