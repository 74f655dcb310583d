//! Who is named in a text: organisations, roles and persons, without separators between them.
//!
//! Grammar: `(organisation | role phrase | Surname I. I.)+`, the longest phrase first, because
//! «ОО» is a school and «ОО АПМО» the education department.

use domain::plan::{Responsible, ResponsibleType};

/// A known phrase and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Phrase {
    /// The words.
    pub(crate) words: String,
    /// Organisation, role or person.
    pub(crate) kind: ResponsibleType,
    /// The code.
    pub(crate) code: String,
}

/// Every phrase that is known, longest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    phrases: Vec<Phrase>,
}

/// A person as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    /// As it stands in the text.
    pub(crate) raw: String,
    /// The surname.
    pub(crate) surname: String,
    /// The initials, without stops and spaces.
    pub(crate) initials: String,
}

impl Person {
    /// Surname and initials with stops and one space: «Третьякова Т.В.».
    pub(crate) fn canonical(&self) -> String {
        let initials: String = self.initials.chars().flat_map(|c| [c, '.']).collect();
        format!("{} {initials}", self.surname)
    }

    /// A code made of the letters: `tretyakova-tv`.
    pub(crate) fn code(&self) -> String {
        let full = format!("{}-{}", transliterate(&self.surname), transliterate(&self.initials));
        full.chars().take(64).collect()
    }
}

impl Names {
    pub(crate) fn new(mut phrases: Vec<Phrase>) -> Self {
        phrases.retain(|phrase| !phrase.words.is_empty());
        phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.words.chars().count()));
        Self { phrases }
    }

    /// Reads a responsible cell; the second part are the words that are nobody known.
    pub(crate) fn read(&self, cell: &str) -> (Vec<Responsible>, Vec<String>) {
        let (mut found, mut unread) = (Vec::new(), Vec::new());
        let mut rest = skip(cell);
        while !rest.is_empty() {
            let (one, length) = self.next(rest);
            match one {
                Some(one) => found.push(one),
                None => unread.push(rest[..length].to_owned()),
            }
            rest = skip(&rest[length..]);
        }
        (found, unread)
    }

    fn next(&self, text: &str) -> (Option<Responsible>, usize) {
        let of = |kind, code: String, raw: &str| Responsible { kind, code, raw: raw.to_owned() };
        if let Some((phrase, length)) = self.phrases.iter().find_map(|p| Some((p, starts(text, &p.words)?))) {
            return (Some(of(phrase.kind, phrase.code.clone(), &text[..length])), length);
        }
        if let Some((person, length)) = person_at(text) {
            return (Some(of(ResponsibleType::Person, self.person_code(&person), &person.raw)), length);
        }
        if let Some(length) = abbreviation(text) {
            let raw = &text[..length];
            let code = transliterate(raw);
            if !code.is_empty() {
                return (Some(of(ResponsibleType::Org, code, raw)), length);
            }
        }
        let word = text.find(|c: char| c.is_whitespace() || matches!(c, ',' | ';')).unwrap_or(text.len());
        (None, word)
    }

    /// The code of a person: the known one of that spelling, else one made of the letters.
    pub(crate) fn person_code(&self, person: &Person) -> String {
        let same = |p: &&Phrase| p.kind == ResponsibleType::Person && squeeze(&p.words) == squeeze(&person.raw);
        self.phrases.iter().find(same).map_or_else(|| person.code(), |p| p.code.clone())
    }

    /// Whether an organisation's code is among the known ones.
    pub(crate) fn knows_org(&self, code: &str) -> bool {
        self.phrases.iter().any(|p| p.kind == ResponsibleType::Org && p.code == code)
    }
}

fn squeeze(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// What may stand between two names.
fn skip(text: &str) -> &str {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '.' | '/' | '(' | ')'));
    match text.strip_prefix("и ") {
        Some(rest) => skip(rest),
        None => text,
    }
}

/// Bytes of `text` that a phrase takes: letters of any case in lower-case words, spaces of any width.
fn starts(text: &str, phrase: &str) -> Option<usize> {
    let mut rest = text;
    for word in phrase.split_whitespace() {
        rest = rest.trim_start();
        let length = rest.char_indices().nth(word.chars().count()).map_or(rest.len(), |(at, _)| at);
        let head = &rest[..length];
        // Abbreviations are all capitals and match exactly; words of a phrase match in any case.
        let same = head == word || (is_word(word) && head.to_lowercase() == word.to_lowercase());
        if !same {
            return None;
        }
        rest = &rest[length..];
        if rest.starts_with(char::is_alphanumeric) {
            return None;
        }
    }
    Some(text.len() - rest.len())
}

fn is_word(word: &str) -> bool {
    word.chars().any(char::is_lowercase)
}

/// A run of words in capitals: «МО ПК».
fn abbreviation(text: &str) -> Option<usize> {
    let mut end = None;
    let mut at = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end().trim_end_matches([',', ';', '.', ')']);
        let capitals =
            bare.chars().count() >= 2 && bare.chars().all(|c| c.is_uppercase() || c == '-' || c.is_numeric());
        if !capitals {
            break;
        }
        end = Some(at + bare.len());
        if bare.len() != word.trim_end().len() {
            break;
        }
        at += word.len();
    }
    end
}

/// Surname and one or two initials at the beginning of a text, with the bytes they take.
pub(crate) fn person_at(text: &str) -> Option<(Person, usize)> {
    let surname_end = text.find(|c: char| !(c.is_alphabetic() || c == '-')).unwrap_or(text.len());
    let surname = &text[..surname_end];
    let mut letters = surname.chars();
    let shaped = letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase);
    if !shaped || surname.split('-').any(|part| !part.starts_with(char::is_uppercase)) {
        return None;
    }
    let mut at = surname_end;
    let mut initials = String::new();
    while initials.chars().count() < 2 {
        let gap = text[at..].len() - text[at..].trim_start().len();
        let mut ahead = text[at + gap..].chars();
        let (Some(letter), Some('.')) = (ahead.next(), ahead.next()) else { break };
        if !letter.is_uppercase() || (initials.is_empty() && gap == 0) {
            break;
        }
        initials.push(letter);
        at += gap + letter.len_utf8() + 1;
    }
    if initials.is_empty() {
        return None;
    }
    Some((Person { raw: text[..at].to_owned(), surname: surname.to_owned(), initials }, at))
}

/// Every person named in a running text.
pub(crate) fn persons_in(text: &str) -> Vec<Person> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut inside_word = false;
    while let Some(c) = text[at..].chars().next() {
        if c.is_uppercase()
            && !inside_word
            && let Some((person, length)) = person_at(&text[at..])
        {
            found.push(person);
            at += length;
            continue;
        }
        inside_word = c.is_alphanumeric();
        at += c.len_utf8();
    }
    found
}

/// Letters of the code alphabet; spaces become `-`, what has no letter is left out.
pub(crate) fn transliterate(text: &str) -> String {
    const LETTERS: [(char, &str); 33] = [
        ('а', "a"),
        ('б', "b"),
        ('в', "v"),
        ('г', "g"),
        ('д', "d"),
        ('е', "e"),
        ('ё', "e"),
        ('ж', "zh"),
        ('з', "z"),
        ('и', "i"),
        ('й', "y"),
        ('к', "k"),
        ('л', "l"),
        ('м', "m"),
        ('н', "n"),
        ('о', "o"),
        ('п', "p"),
        ('р', "r"),
        ('с', "s"),
        ('т', "t"),
        ('у', "u"),
        ('ф', "f"),
        ('х', "kh"),
        ('ц', "ts"),
        ('ч', "ch"),
        ('ш', "sh"),
        ('щ', "shch"),
        ('ъ', ""),
        ('ы', "y"),
        ('ь', ""),
        ('э', "e"),
        ('ю', "yu"),
        ('я', "ya"),
    ];
    let mut out = String::new();
    for c in text.trim().chars().flat_map(char::to_lowercase) {
        match LETTERS.iter().find(|(letter, _)| *letter == c) {
            Some((_, latin)) => out.push_str(latin),
            None if c.is_ascii_alphanumeric() => out.push(c),
            None if (c.is_whitespace() || c == '-') && !out.ends_with('-') && !out.is_empty() => out.push('-'),
            None => {}
        }
    }
    out.trim_end_matches('-').chars().take(64).collect()
}

/// Whether one letter put in, left out or changed makes one word of the other.
pub(crate) fn one_letter_apart(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    let same = short.iter().zip(long).take_while(|(x, y)| x == y).count();
    match long.len() - short.len() {
        0 => same < long.len() && short[same + 1..] == long[same + 1..],
        1 => short[same..] == long[same + 1..],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let phrase = |words: &str, kind, code: &str| Phrase { words: words.into(), kind, code: code.into() };
        Names::new(vec![
            phrase("ОО", ResponsibleType::Role, "schools"),
            phrase("ОО АПМО", ResponsibleType::Org, "oo-apmo"),
            phrase("МО ПК", ResponsibleType::Org, "mo-pk"),
            phrase("ПК ИРО", ResponsibleType::Org, "pk-iro"),
            phrase("Руководители ОО", ResponsibleType::Role, "school-heads"),
            phrase("Третьякова Т.В.", ResponsibleType::Person, "tretyakova-tv"),
        ])
    }

    fn check(cell: &str, codes: &[&str], unread: &[&str]) {
        let (found, left) = names().read(cell);
        let found: Vec<&str> = found.iter().map(|one| one.code.as_str()).collect();
        assert_eq!(
            (found.as_slice(), left.as_slice()),
            (codes, &unread.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()[..]),
            "{cell}"
        );
    }

    #[test]
    fn names_need_no_separators_and_the_longest_phrase_wins() {
        check("Руководители ОО Третьякова Т. В. Петухов Е.А.", &["school-heads", "tretyakova-tv", "petukhov-ea"], &[]);
        check("МО ПК ПК ИРО ОО АПМО ОО", &["mo-pk", "pk-iro", "oo-apmo", "schools"], &[]);
        check("Ланская Н.В., Третьякова Т.В.; руководители ОО", &["lanskaya-nv", "tretyakova-tv", "school-heads"], &[]);
        check("МО ПК и Салтыков-Щедрин М.Е.", &["mo-pk", "saltykov-shchedrin-me"], &[]);
        check("РЦОД", &["rtsod"], &[]);
    }

    #[test]
    fn unknown_words_are_left_over_for_a_person() {
        check("заместитель Третьякова Т.В.", &["tretyakova-tv"], &["заместитель"]);
        check("Руководители О", &[], &["Руководители", "О"]);
        check("ООО", &["ooo"], &[]);
        check("", &[], &[]);
    }

    #[test]
    fn persons_are_found_in_running_text() {
        let found = persons_in("Проведение МО ПК (Шкурятская М.В.) совещания «Итоги» А.С. Пушкин, Ким Н.");
        let codes: Vec<String> = found.iter().map(Person::code).collect();
        assert_eq!(codes, ["shkuryatskaya-mv", "kim-n"]);
        assert_eq!(found[0].canonical(), "Шкурятская М.В.");
    }

    #[test]
    fn one_letter_makes_a_typo_and_two_do_not() {
        for (a, b, apart) in [
            ("Шкуратская", "Шкурятская", true),
            ("Иванов", "Иванова", true),
            ("Иванов", "Иваново", true),
            ("Иванов", "Иванов", false),
            ("Иванов", "Петров", false),
            ("Иванов", "Ивановна", false),
        ] {
            assert_eq!(one_letter_apart(a, b), apart, "{a} {b}");
        }
    }
}
