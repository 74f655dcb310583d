//! The words of time in Russian.

/// Number of a month (1 to 12) by any case form or usual abbreviation.
pub(super) fn month(word: &str) -> Option<i8> {
    const SOFT: [&str; 5] = ["ь", "я", "е", "ю", "ем"];
    const HARD: [&str; 5] = ["", "а", "е", "у", "ом"];
    const MAY: [&str; 5] = ["й", "я", "е", "ю", "ем"];
    const STEMS: [(&str, &[&str], &[&str]); 12] = [
        ("январ", &SOFT, &["янв"]),
        ("феврал", &SOFT, &["фев", "февр"]),
        ("март", &HARD, &["мар"]),
        ("апрел", &SOFT, &["апр"]),
        ("ма", &MAY, &[]),
        ("июн", &SOFT, &["июн"]),
        ("июл", &SOFT, &["июл"]),
        ("август", &HARD, &["авг"]),
        ("сентябр", &SOFT, &["сен", "сент"]),
        ("октябр", &SOFT, &["окт"]),
        ("ноябр", &SOFT, &["ноя", "нояб"]),
        ("декабр", &SOFT, &["дек"]),
    ];
    STEMS.iter().zip(1..).find_map(|((stem, endings, short), number)| {
        let full = word.strip_prefix(stem).is_some_and(|ending| endings.contains(&ending));
        (full || short.contains(&word)).then_some(number)
    })
}

/// An ordinal from 1 to 4, in Roman figures or as a word («I», «первое», «третьей»).
pub(super) fn ordinal(word: &str) -> Option<u8> {
    const STEMS: [(&str, u8); 4] = [("перв", 1), ("втор", 2), ("трет", 3), ("четверт", 4)];
    const ENDINGS: [&str; 18] = [
        "ый", "ой", "ая", "ое", "ого", "ому", "ом", "ым", "ую", "ий", "ья", "ье", "ьего", "ьей", "ьем", "ьему", "ью",
        "ые",
    ];
    match word {
        "i" | "і" => Some(1),
        "ii" | "іі" => Some(2),
        "iii" | "ііі" => Some(3),
        "iv" | "іv" => Some(4),
        _ => STEMS.iter().find_map(|(stem, number)| {
            word.strip_prefix(stem).is_some_and(|ending| ENDINGS.contains(&ending)).then_some(*number)
        }),
    }
}

/// A count written as a word in the genitive («трех», «десяти», «пятнадцати»).
pub(super) fn count(word: &str) -> Option<u16> {
    Some(match word {
        "одного" | "одной" | "один" | "одну" => 1,
        "двух" | "два" | "две" => 2,
        "трех" | "три" => 3,
        "четырех" | "четыре" => 4,
        "пяти" | "пять" => 5,
        "шести" | "шесть" => 6,
        "семи" | "семь" => 7,
        "восьми" | "восемь" => 8,
        "девяти" | "девять" => 9,
        "десяти" | "десять" => 10,
        "двенадцати" => 12,
        "четырнадцати" => 14,
        "пятнадцати" | "пятнадцать" => 15,
        "двадцати" | "двадцать" => 20,
        "тридцати" | "тридцать" => 30,
        _ => return None,
    })
}

/// First month of a season, by noun or adjective.
pub(super) fn season(word: &str) -> Option<i8> {
    const STEMS: [(&str, i8, &[&str]); 4] = [
        ("осен", 9, &["ь", "и", "ью", "ний", "него", "нем"]),
        ("зим", 12, &["а", "ы", "ой", "у", "ний", "него", "нем"]),
        ("весн", 3, &["а", "ы", "ой", "у"]),
        ("лет", 6, &["о", "а", "ом", "ний", "него", "нем"]),
    ];
    if word.strip_prefix("весен").is_some_and(|e| ["ний", "него", "нем"].contains(&e)) {
        return Some(3);
    }
    STEMS.iter().find_map(|(stem, first, endings)| {
        word.strip_prefix(stem).is_some_and(|ending| endings.contains(&ending)).then_some(*first)
    })
}

/// Day of the week, 1 (Monday) to 7, by any case form.
pub(super) fn weekday(word: &str) -> Option<u8> {
    const STEMS: [(&str, u8); 7] = [
        ("понедельник", 1),
        ("вторник", 2),
        ("сред", 3),
        ("четверг", 4),
        ("пятниц", 5),
        ("суббот", 6),
        ("воскресень", 7),
    ];
    const ENDINGS: [&str; 10] = ["", "а", "ам", "у", "ы", "е", "и", "я", "ям", "ой"];
    STEMS.iter().find_map(|(stem, number)| {
        word.strip_prefix(stem).is_some_and(|ending| ENDINGS.contains(&ending)).then_some(*number)
    })
}

/// «год», «года», «году», «г»: a calendar or school year follows or precedes.
pub(super) fn is_year_word(word: &str) -> bool {
    matches!(word, "г" | "гг" | "год" | "года" | "году" | "годом" | "годы" | "годов")
}

/// «учебный» in any form, with its abbreviations.
pub(super) fn is_school_word(word: &str) -> bool {
    word.starts_with("учебн") || matches!(word, "уч" | "уч-ный")
}

/// Words that belong to a deadline and change nothing where dates are named.
pub(super) fn is_helper(word: &str) -> bool {
    const HELPERS: &str = "до с со по к ко от не позднее позже ранее раньше начиная включительно в во на за срок сроки \
        срока дата течение течении период и или а также далее затем после месяц месяца день дня числа учебного конца \
        концу конец конце начала началу исполнения выполнения";
    is_year_word(word) || weekday(word).is_some() || HELPERS.split_whitespace().any(|helper| helper == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_known_in_every_case_and_nothing_else_is() {
        for (word, number) in
            [("сентябрь", 9), ("сентября", 9), ("сент", 9), ("мая", 5), ("май", 5), ("марте", 3), ("дек", 12)]
        {
            assert_eq!(month(word), Some(number), "{word}");
        }
        for word in ["марка", "маяк", "июнька", "ма", "октябрьский"] {
            assert_eq!(month(word), None, "{word}");
        }
    }

    #[test]
    fn ordinals_seasons_and_weekdays() {
        assert_eq!((ordinal("iii"), ordinal("третьего"), ordinal("вторник")), (Some(3), Some(3), None));
        assert_eq!((season("осенью"), season("лет"), season("весенний")), (Some(9), None, Some(3)));
        assert_eq!((weekday("пятницам"), weekday("среда"), weekday("средняя")), (Some(5), Some(3), None));
    }
}
