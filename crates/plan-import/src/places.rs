//! Which school year, municipality and region a document names.

use domain::deadline::SchoolYear;

/// The first school year named: «2022-2023 учебном году».
pub(crate) fn school_year(text: &str) -> Option<SchoolYear> {
    let digits = |text: &str| text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
    text.match_indices(|c: char| crate::wording::token::is_dash(c) || c == '/').find_map(|(at, mark)| {
        let (before, after) = (text[..at].trim_end(), text[at + mark.len()..].trim_start());
        let first = before.get(before.len().checked_sub(4)?..)?;
        let second = after.get(..4)?;
        let whole = digits(first) && digits(second) && !after[4..].starts_with(|c: char| c.is_ascii_digit());
        whole.then(|| format!("{first}-{second}").parse().ok()).flatten()
    })
}

/// «в Пограничном муниципальном округе» gives «Пограничный муниципальный округ».
pub(crate) fn municipality(title: &str) -> Option<String> {
    let words: Vec<&str> = title.split_whitespace().collect();
    let noun = |word: &str| match word.trim_end_matches(['.', ',']) {
        "округе" | "округа" => Some("округ"),
        "районе" | "района" => Some("район"),
        _ => None,
    };
    words.windows(3).find_map(|three| {
        let &[name, kind, last] = three else { return None };
        let kind = nominative(kind).filter(|_| kind.starts_with("муниципальн") || kind.starts_with("городск"))?;
        Some(format!("{} {kind} {}", nominative(name)?, noun(last)?))
    })
}

/// «Приморского края» gives «Приморский край».
pub(crate) fn region(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.windows(2).find_map(|two| {
        let &[name, noun] = two else { return None };
        if !name.starts_with(char::is_uppercase) {
            return None;
        }
        match noun.trim_end_matches(['.', ',', ')', '»']) {
            "края" | "крае" => Some(format!("{} край", nominative(name)?)),
            "области" => Some(format!("{}ская область", name.strip_suffix("ской")?)),
            _ => None,
        }
    })
}

/// A masculine adjective in the nominative.
fn nominative(adjective: &str) -> Option<String> {
    let stem = ["ого", "ому", "ом"].iter().find_map(|ending| adjective.strip_suffix(ending))?;
    let ending = if stem.ends_with(['к', 'г', 'х', 'ш', 'щ', 'ч', 'ж']) { "ий" } else { "ый" };
    Some(format!("{stem}{ending}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_put_into_the_nominative() {
        let title = "кластеров в Пограничном муниципальном округе в 2022-2023 учебном году.";
        assert_eq!(municipality(title).as_deref(), Some("Пограничный муниципальный округ"));
        assert_eq!(region("приказ министерства Приморского края.").as_deref(), Some("Приморский край"));
        assert_eq!(region("в Амурской области").as_deref(), Some("Амурская область"));
        assert_eq!((municipality("в округе"), region("края")), (None, None));
    }

    #[test]
    fn the_school_year_is_two_years_in_a_row() {
        assert_eq!(school_year("в 2022 – 2023 учебном году").unwrap().to_string(), "2022-2023");
        for text in ["2022", "1-2", "2022-2025", "2022-20231", "я-ж 12-34", "-", "год-2023"] {
            assert_eq!(school_year(text), None, "{text}");
        }
    }
}
