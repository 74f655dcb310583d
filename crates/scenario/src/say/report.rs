//! Reports and the facts that accompany them.

use domain::command::{Command, NoteFact, Submit};
use domain::payload::{
    ActivityHeld, Audience, FreeText, MethodicalDayCancelled, PartnerReleased, RecommendationClosed, ResponsesCounted,
    SiteLinkLost, SiteLinkVerified, SurveyClosed,
};

use super::{Speaker, moment_of};
use crate::codes::code;
use crate::days::day_of;
use crate::details::{Report, raw};
use crate::dice::Dice;
use crate::note::Task;
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
        let (event, on, details) = match noted {
            Noted::Released { on, attempt } => {
                let released_on = self.date(on);
                let partner = report(released_on, attempt).partner();
                let basis = "Соглашение о расторжении".to_owned();
                let (partner, kind) = (partner.partner, partner.kind);
                ("partner.released", released_on, raw(&PartnerReleased { partner, kind, released_on, basis }))
            }
            Noted::Counted { audience } => {
                let counts = self.counts(audience);
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
            Noted::Activity { on } => ("activity.held", self.date(on), raw(&self.activity())),
            Noted::Recommendation => {
                let recommendation = code("r1");
                ("recommendation.closed", today, raw(&RecommendationClosed { recommendation, by_event: None }))
            }
            Noted::DayCancelled => {
                let day_no = self.obligation.item.as_str().parse().unwrap_or(1);
                let reason = self.pick(&self.world.places.words.cancel_reasons);
                ("methodical_day.cancelled", today, raw(&MethodicalDayCancelled { day_no, reason }))
            }
        };
        let (obligation, event) = (self.obligation.clone(), event.to_owned());
        Command::NoteFact(NoteFact {
            obligation,
            event,
            occurred_on: on,
            details,
            evidence: Vec::new(),
            comment: None::<FreeText>,
        })
    }

    /// How many of an audience could answer, and did. A few schools have specialised classes of four.
    fn counts(&mut self, audience: Audience) -> ResponsesCounted {
        let counted_on = self.today();
        let survey = Report::new(self.world, self.org, self.slot, counted_on, 0).survey();
        let mut school = Dice::of(self.world.settings.seed, &[self.world.seed_of(self.org), 0x5e]);
        let pupils = if school.chance(120) { 2 + school.below(3) } else { 14 + school.below(46) };
        let eligible = match audience {
            Audience::Pupils => pupils,
            Audience::Parents => pupils + school.below(pupils),
        };
        let share = 450 + self.dice.below(500);
        ResponsesCounted { survey, audience, eligible, responded: eligible * share / 1000, counted_on }
    }

    fn activity(&mut self) -> ActivityHeld {
        let title = self.dice.pick(&self.world.places.words.activities).clone();
        let activity = format!("activity-{}-{}", self.world.code_of(self.org), self.obligation.item);
        let participants = 15 + self.dice.below(140);
        ActivityHeld { activity, title, direction: None, partners: [].into(), participants }
    }
}
