//! A believable school year: a seed becomes the commands of people.
//!
//! [`world`] builds regions, schools and authorities; [`World::setup`] gives the commands that lay them
//! out; [`year`] gives what people do from September to August, in the order of time, lazily. The same
//! seed tells the same story to the last byte. This crate never reads a clock, a file or a random
//! number: it decides nothing and stores nothing, it only asks, as people would.

mod again;
mod character;
mod checklist;
mod classes;
mod codes;
mod days;
mod details;
mod dice;
mod note;
mod org;
mod people;
mod places;
mod say;
mod setup;
mod step;
mod story;
mod transfer;
mod world;
mod year;

pub use self::character::Character;
pub use self::step::Step;
pub use self::world::{World, world, years};
pub use self::year::{Year, year};

/// The real plan of the 2022-2023 school year, as its document reads.
pub const PLAN_TEXT: &str = include_str!("../data/plan_2022_2023.txt");

/// What that document does not say: the profile of the plan, JSON.
pub const PLAN_PROFILE: &str = include_str!("../data/plan_2022_2023.profile.json");

/// The seed of the story that is told when nobody asks for another.
pub const DEFAULT_SEED: u64 = 2022;

/// Which story to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How many schools: up to 20 are one municipality, up to 600 one krai, more a nation.
    pub schools: u32,
    /// Which of all the stories.
    pub seed: u64,
    /// How many school years, one behind the other; see [`years`].
    pub years: u8,
    /// How much people say.
    pub density: Density,
}

/// How much people say in a story.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Density {
    /// What a coordinator would remember of the year: about 75 events a school.
    #[default]
    Told,
    /// Whatever a service would have recorded: links looked at every week, every task acknowledged, interim
    /// reports and reminders on the way; about 150 events a school.
    Recorded,
}

impl Default for Settings {
    /// Ten schools of Pogranichny.
    fn default() -> Self {
        Self { schools: 10, seed: DEFAULT_SEED, years: 1, density: Density::Told }
    }
}
