//! Scratch.
#![allow(warnings, clippy::all, clippy::pedantic)]
#[path = "common.rs"]
mod common;
use common::{Loader, plan};
use scenario::{Settings, world, year};
use std::collections::BTreeMap;
fn main() {
    let schools: u32 = std::env::args().nth(1).unwrap().parse().unwrap();
    let seed: u64 = std::env::args().nth(2).map_or(2022, |s| s.parse().unwrap());
    let t = std::time::Instant::now();
    let density = if std::env::var("DENSE").is_ok() { scenario::Density::Recorded } else { scenario::Density::Told };
    let settings = Settings { schools, seed, density, ..Settings::default() };
    let world = world(&settings, &plan());
    let n = year(&world).count();
    println!("{n} steps told in {:?}", t.elapsed());
    if std::env::var("COUNT").is_ok() {
        for world in scenario::years(&Settings { years: 5, ..settings }, &plan()) {
            let t = std::time::Instant::now();
            let steps = year(&world);
            let n = steps.len();
            let told = t.elapsed();
            let mut bytes = 0usize;
            let mut k = 0;
            for step in steps.step_by(10) {
                bytes += step.body().len();
                k += 1;
            }
            println!("{n} steps in {told:?}, {k} of them with {bytes} bytes said in {:?}", t.elapsed());
        }
        return;
    }
    if let Ok(y) = std::env::var("YEARS") {
        let mut loader = Loader::new();
        for world in scenario::years(&Settings { years: y.parse().unwrap(), ..settings }, &plan()) {
            let mut n = 0;
            for step in world.setup().chain(year(&world)) {
                if !step.repeat {
                    n += loader.take(&step).len();
                }
            }
            println!("{n} events");
        }
        return;
    }
    let mut loader = Loader::new();
    let mut types: BTreeMap<String, usize> = BTreeMap::new();
    let mut total = 2;
    let mut stats = Stats::default();
    for step in world.setup().chain(year(&world)) {
        if step.repeat {
            continue;
        }
        for event in loader.take(&step) {
            stats.see(&step, &event, &loader.register);
            total += 1;
            *types.entry(event.data.type_name().to_owned()).or_default() += 1;
        }
    }
    println!("{total} events in {:?}", t.elapsed());
    if let Ok(path) = std::env::var("FEED") {
        std::fs::write(path, loader.feed.join("\n")).unwrap();
    }
    let _ = &stats;
    stats.print();
    for (k, v) in types {
        println!("{v:>7} {k}");
    }
}

use domain::event::{Data, Event, Target};
use jiff::civil::{Date, date};
#[derive(Default)]
struct Stats {
    late: BTreeMap<String, usize>,
    acts: BTreeMap<String, (Date, Option<String>)>, // activity -> day, org
    reports: BTreeMap<String, Vec<Date>>,
    recs: BTreeMap<(String, String), (Option<Date>, bool)>, // (obl, rec) -> due, h1
    closed: BTreeMap<(String, String), Date>,
    link: BTreeMap<String, (u32, u32)>,
    days: Vec<(Date, usize, usize)>,
    attended: BTreeMap<String, [u32; 2]>,
    evid: (u32, u32),
    counts: BTreeMap<(String, String, String), (u32, u32)>,
    news: BTreeMap<(String, String), Vec<Date>>,
    anal: Vec<f64>,
    scores: BTreeMap<(String, String), (u32, u32, Vec<domain::payload::ChecklistItem>)>,
}
fn half(d: Date) -> &'static str {
    if d <= date(2022, 12, 31) { "h1" } else { "h2" }
}
impl Stats {
    fn see(&mut self, step: &scenario::Step, event: &Event, register: &register::Register) {
        let Target::Obligation(_, m, id) = &event.target else { return };
        use domain::decide::World as _;
        let due = register.standing(id).and_then(|s| s.obligation.due());
        if let Some(due) = due {
            if half(due) == "h1" && step.today > date(2023, 2, 15)
                || step.today > date(2023, 7, 14) && due < date(2023, 7, 14)
            {
                *self.late.entry(event.data.type_name().to_owned()).or_default() += 1;
            }
        }
        if event.data.is_fact() && register.standing(id).unwrap().share.event == event.data.type_name() {
            self.evid.1 += 1;
            if event.data.evidence().is_empty() {
                self.evid.0 += 1;
            }
        }
        let org = id.org.to_string();
        match &event.data {
            Data::ActivityHeld(f) => {
                self.acts.insert(
                    f.details.activity.clone(),
                    (event.occurred_on, f.details.direction.map(|d| format!("{d:?}"))),
                );
            }
            Data::EventReportPublished(f) => {
                if let Some(a) = &f.details.activity {
                    self.reports.entry(a.clone()).or_default().push(event.occurred_on);
                }
            }
            Data::ProtocolSent(f) => {
                for r in &f.details.recommendations {
                    self.recs.insert((id.to_string(), r.id.to_string()), (r.due, true));
                }
            }
            Data::RecommendationClosed(f) => {
                self.closed.insert((id.to_string(), f.details.recommendation.to_string()), event.occurred_on);
            }
            Data::SiteLinkVerified(_) => {
                if event.occurred_on > date(2022, 10, 17) {
                    let e = self.link.entry(org).or_default();
                    e.0 += 1;
                    e.1 += 1
                }
            }
            Data::SiteLinkLost(_) => {
                if event.occurred_on > date(2022, 10, 17) {
                    let e = self.link.entry(org).or_default();
                    e.1 += 1
                }
            }
            Data::MethodicalDayHeld(f) => {
                let ms: std::collections::BTreeSet<_> =
                    f.details.schools.iter().map(|s| s.as_str().rsplit_once('-').unwrap().0.to_owned()).collect();
                self.days.push((event.occurred_on, f.details.schools.len(), ms.len()));
                for s in &f.details.schools {
                    self.attended.entry(s.to_string()).or_default()[usize::from(half(event.occurred_on) == "h2")] += 1;
                }
            }
            Data::ResponsesCounted(f) => {
                self.counts.insert(
                    (org, half(event.occurred_on).into(), format!("{:?}", f.details.audience)),
                    (f.details.responded, f.details.eligible),
                );
            }
            Data::NewsPublished(_) => self.news.entry((org, id.item.to_string())).or_default().push(event.occurred_on),
            Data::SiteAnalysed(f) => {
                self.anal.push(f64::from(f.details.quality.points) / f64::from(f.details.quality.max))
            }
            Data::ChecklistSubmitted(f) => {
                self.scores.insert((org, id.row.to_string()), {
                    let s = domain::payload::score_of(&f.details.items);
                    (s.points, s.max, f.details.items.clone())
                });
            }
            _ => {}
        }
    }
    fn print(&self) {
        println!("after closing: {:?}", self.late);
        for h in ["h1", "h2"] {
            let all: Vec<_> = self.acts.iter().filter(|(_, (d, _))| half(*d) == h).collect();
            let ok = all
                .iter()
                .filter(|(a, (d, _))| {
                    self.reports.get(*a).is_some_and(|r| r.iter().any(|x| *x >= *d && (*x - *d).get_days() <= 10))
                })
                .count();
            let never = all.iter().filter(|(a, _)| !self.reports.contains_key(*a)).count();
            let dir = all.iter().filter(|(_, (_, x))| x.is_some()).count();
            println!("I14 {h}: {ok}/{} never {never} directed {dir}", all.len());
        }
        let on = self.recs.iter().filter(|(k, _)| self.closed.contains_key(k)).count();
        let late = self
            .recs
            .iter()
            .filter(|(k, (d, _))| self.closed.get(k).is_some_and(|c| d.is_some_and(|d| *c > d)))
            .count();
        println!(
            "I15 single protocols only: recs {} closed {on} late {late}; closed in all {}",
            self.recs.len(),
            self.closed.len()
        );
        let (n, d) = self.link.values().fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
        let below = self.link.values().filter(|x| x.0 * 20 < x.1 * 19).count();
        println!("I09 {n}/{d}, below {below} of {}", self.link.len());
        println!(
            "I12 days {:?} attended h1 {} h2 {} any {}",
            self.days,
            self.attended.values().filter(|a| a[0] > 0).count(),
            self.attended.values().filter(|a| a[1] > 0).count(),
            self.attended.len()
        );
        println!("I18 bare {}/{}", self.evid.0, self.evid.1);
        for h in ["h1", "h2"] {
            let all: Vec<_> = self.counts.iter().filter(|(k, _)| k.1 == h).collect();
            let (n, d) = all.iter().fold((0, 0), |a, (_, b)| (a.0 + b.0, a.1 + b.1));
            let schools: std::collections::BTreeSet<_> = all.iter().map(|(k, _)| &k.0).collect();
            let small: std::collections::BTreeSet<_> = all.iter().filter(|(_, v)| v.1 < 5).map(|(k, _)| &k.0).collect();
            println!("I07 {h} {n}/{d} schools {} suppressed {}", schools.len(), small.len());
        }
        let out =
            self.news.iter().filter(|((_, m), v)| !v.iter().any(|d| d.to_string().starts_with(m.as_str()))).count();
        let twice = self.news.values().filter(|v| v.len() > 1).count();
        println!("I10 months with news {} without own-month {out} twice {twice}", self.news.len());
        let mean = self.anal.iter().sum::<f64>() / self.anal.len().max(1) as f64;
        println!(
            "I17 {mean} min {:?} max {:?}",
            self.anal.iter().cloned().fold(1.0, f64::min),
            self.anal.iter().cloned().fold(0.0, f64::max)
        );
        for (a, b) in [("9.2", "13.2"), ("9.2", "18.2")] {
            let mut grew = 0;
            let mut fell = 0;
            let mut n = 0i64;
            let mut d = 0i64;
            for ((o, r), v) in &self.scores {
                if r == a {
                    if let Some(w) = self.scores.get(&(o.clone(), b.into())) {
                        let mut x = 0i64;
                        let mut y = 0i64;
                        for i in &v.2 {
                            if let Some(j) = w.2.iter().find(|j| j.item == i.item && j.max == i.max) {
                                x += i64::from(j.points) - i64::from(i.points);
                                y += i64::from(i.max);
                            }
                        }
                        n += x;
                        d += y;
                        if x > 0 { grew += 1 } else { fell += 1 }
                    }
                }
            }
            println!("I05 {a}->{b}: {:.2} grew {grew} fell {fell}", 100.0 * n as f64 / d as f64);
        }
    }
}
