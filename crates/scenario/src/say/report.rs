//! Reports and the facts that accompany them.

use domain::command::{Command, NoteFact, Submit};
use domain::payload::{
    ActivityHeld, Audience, Direction, FreeText, MethodicalDayCancelled, PartnerReleased, RecommendationClosed,
    ResponsesCounted, SiteLinkLost, SiteLinkVerified, SurveyClosed,
};

use super::{Speaker, moment_of};
use crate::classes::DIRECTIONS;
use crate::days::day_of;
use crate::details::{FURTHER, Report, raw, recommendation};
use crate::dice::Dice;
use crate::note::Task;
use crate::org::Org;
use crate::people::Who;
use crate::story::{Doing, Noted};

impl Speaker<'_> {
    pub(super) fn submit(&mut self) -> Command {
        let beat = *self.beat();
        let (on, attempt) = match beat.doing {
            Doing::Submit { on, attempt } => (on, attempt),
            _ => (day_of(beat.at), 0),
        };
        let occurred_on = self.date(on);
        let mut report = Report::new(self.world, self.org, self.slot, occurred_on, attempt);
        let words = &self.world.places.words;
        let behalf = beat.by == Who::Coordinator && self.world.notes_of(self.org)[self.slot].task == Task::Personal;
        let comment = if behalf {
            Some(self.pick(&words.behalf_notes))
        } else {
            (on < day_of(beat.at) && self.dice.chance(400)).then(|| self.pick(&words.submit_notes))
        };
        let (details, evidence) = (report.details(), report.evidence());
        Command::Submit(Submit { obligation: self.obligation.clone(), occurred_on, details, evidence, comment })
    }

    /// A fact that accompanies the row's.
    pub(super) fn note(&mut self, noted: Noted) -> Command {
        let today = self.today();
        let report = |on, attempt| Report::new(self.world, self.org, self.slot, on, attempt);
        let mut evidence = Vec::new();
        let (event, on, details) = match noted {
            Noted::Released { on, attempt } => {
                let released_on = self.date(on);
                let partner = report(released_on, attempt).partner();
                let basis = "Соглашение о расторжении".to_owned();
                let (partner, kind) = (partner.partner, partner.kind);
                ("partner.released", released_on, raw(&PartnerReleased { partner, kind, released_on, basis }))
            }
            Noted::Counted { audience, again } => {
                let counts = self.counts(audience, again);
                ("survey.responses_counted", today, raw(&counts))
            }
            Noted::SurveyClosed => {
                let survey = report(today, 0).survey();
                ("survey.closed", today, raw(&SurveyClosed { survey, closed_on: today }))
            }
            Noted::Link { good } => {
                let (url, checked_at) =
                    (report(today, 0).url("cluster"), moment_of(self.world, self.org, self.beat().at));
                if good {
                    ("site_link.verified", today, raw(&SiteLinkVerified { url, checked_at, http_status: 200 }))
                } else {
                    let http_status = self.dice.chance(700).then_some(404);
                    ("site_link.lost", today, raw(&SiteLinkLost { url, checked_at, http_status }))
                }
            }
            Noted::Activity { on, number } => ("activity.held", self.date(on), raw(&self.activity(number))),
            Noted::Further { on, number } => {
                let mut further = report(self.date(on), FURTHER + u32::try_from(number).unwrap_or(0));
                let details = further.details();
                evidence = further.evidence();
                (self.world.share_of(self.org, self.slot).event.as_str(), self.date(on), details)
            }
            Noted::Recommendation { number } => {
                let recommendation = recommendation(number);
                ("recommendation.closed", today, raw(&RecommendationClosed { recommendation, by_event: None }))
            }
            Noted::DayCancelled => {
                let day_no = self.obligation.item.as_str().parse().unwrap_or(1);
                let reason = self.pick(&self.world.places.words.cancel_reasons);
                ("methodical_day.cancelled", today, raw(&MethodicalDayCancelled { day_no, reason }))
            }
        };
        let (obligation, event) = (self.obligation.clone(), event.to_owned());
        Command::NoteFact(NoteFact { obligation, event, occurred_on: on, details, evidence, comment: None::<FreeText> })
    }

    /// How many of an audience could answer, and did. A few schools have specialised classes of four.
    fn counts(&mut self, audience: Audience, again: bool) -> ResponsesCounted {
        let counted_on = self.today();
        let survey = Report::new(self.world, self.org, self.slot, counted_on, 0).survey();
        let pupils = self.world.surveyed(self.org);
        let eligible = match audience {
            Audience::Pupils => pupils,
            Audience::Parents => {
                pupils + Dice::of(self.world.luck, &[self.world.seed_of(self.org), 0x5e]).below(pupils)
            }
        };
        let (least, most) = match self.org {
            Org::School(at) => self.world.schools[at].character.answering(),
            Org::Authority(_) | Org::Municipality(_) | Org::Region(_) => (450, 950),
        };
        let share = (self.dice.between(least, most) + if again { 40 } else { 0 }).min(1000);
        let responded = eligible * u32::try_from(share).unwrap_or(0) / 1000;
        ResponsesCounted { survey, audience, eligible, responded, counted_on }
    }

    fn activity(&mut self, number: i32) -> ActivityHeld {
        let title = self.dice.pick(&self.world.places.words.activities).clone();
        let number = u32::try_from(number).unwrap_or(1);
        let activity = self.world.activity_code(self.org, self.slot, number);
        // Of a school in the direction of one of its classes, of an authority in any, or in none.
        let directions: Vec<Direction> = match self.org {
            Org::School(at) => self.world.classes(at).into_iter().map(|class| class.direction).collect(),
            Org::Authority(_) | Org::Municipality(_) | Org::Region(_) => DIRECTIONS.to_vec(),
        };
        let direction = (!directions.is_empty() && self.dice.chance(600)).then(|| *self.dice.pick(&directions));
        let participants = 15 + self.dice.below(140);
        ActivityHeld { activity, title, direction, partners: [].into(), participants }
    }
}
