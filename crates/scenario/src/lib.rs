//! A believable school year: seed to people's commands.
