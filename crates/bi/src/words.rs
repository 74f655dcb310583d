//! What events, kinds of events and roles are called.

use domain::actor::Role;

/// What each type of event says: type, Russian, English.
const SAID: [(&str, &str, &str); 91] = [
    ("order.issued", "Издан приказ", "Order issued"),
    ("order.sent", "Направлен приказ", "Order sent"),
    ("partner.assigned", "Закреплён партнёр", "Partner assigned"),
    ("direction_plan.sent", "Направлен план мероприятий", "Plan of measures sent"),
    ("letter.sent", "Направлено письмо", "Letter sent"),
    ("site_link.published", "Размещена фирменная ссылка", "Branded link published"),
    ("news.published", "Опубликована новость", "News published"),
    ("programme.published", "Размещена программа", "Programme published"),
    ("questionnaire.sent", "Направлена анкета", "Questionnaire sent"),
    ("survey.announced", "Объявлен опрос", "Survey announced"),
    ("survey.report_sent", "Направлен отчёт по опросу", "Survey report sent"),
    ("document.published_on_site", "Документ размещён на сайте", "Document published on the site"),
    ("checklist.submitted", "Сдан чек-лист самодиагностики", "Self-diagnosis checklist submitted"),
    ("analytic_note.sent", "Направлена аналитическая справка", "Analytic note sent"),
    ("meeting.held", "Проведено совещание", "Meeting held"),
    ("protocol.sent", "Направлен протокол", "Protocol sent"),
    ("plan.corrected", "Скорректирован план", "Plan corrected"),
    ("event_report.published", "Опубликован отчёт о мероприятии", "Event report published"),
    ("methodical_day.held", "Проведён методический день", "Methodical day held"),
    ("site.analysed", "Проанализирован сайт", "Site analysed"),
    ("roadmap.developed", "Разработана дорожная карта", "Roadmap developed"),
    ("work_plan.developed", "Разработан план работы", "Work plan developed"),
    ("log.opened", "Открыт журнал", "Log opened"),
    ("region.configured", "Настроен регион", "Region configured"),
    ("org.registered", "Зарегистрирована организация", "Organisation registered"),
    ("plan.imported", "Загружен план", "Plan imported"),
    ("plan.activated", "План введён в действие", "Plan activated"),
    ("report.accepted", "Отчёт принят", "Report accepted"),
    ("report.returned", "Отчёт возвращён на доработку", "Report returned"),
    ("excuse.granted", "Освобождено от исполнения", "Excused"),
    ("schedule.set", "Назначен срок", "Term set"),
    ("deadline.moved", "Срок перенесён", "Deadline moved"),
    ("fact.corrected", "Факт исправлен", "Fact corrected"),
    ("fact.retracted", "Факт отозван", "Fact retracted"),
    ("import.opened", "Начата загрузка истории", "Import opened"),
    ("import.closed", "Загрузка истории завершена", "Import closed"),
    ("partner.released", "Партнёр выбыл", "Partner released"),
    ("site_link.verified", "Ссылка проверена, открывается", "Link checked, it answers"),
    ("site_link.lost", "Ссылка проверена, не открывается", "Link checked, it does not answer"),
    ("survey.responses_counted", "Подсчитаны ответы опроса", "Survey responses counted"),
    ("survey.closed", "Опрос закрыт", "Survey closed"),
    ("recommendation.closed", "Рекомендация выполнена", "Recommendation closed"),
    ("activity.held", "Проведено мероприятие", "Activity held"),
    ("methodical_day.cancelled", "Методический день отменён", "Methodical day cancelled"),
    ("obligation.acknowledged", "Ознакомлен", "Acknowledged"),
    ("report.interim", "Сообщено о ходе исполнения", "Interim report"),
    ("report.withdrawn", "Отчёт отозван отправителем", "Report withdrawn"),
    ("acceptance.revoked", "Приёмка отменена", "Acceptance revoked"),
    ("obligation.reopened", "Возвращено на контроль", "Reopened"),
    ("extension.requested", "Запрошен перенос срока", "Extension requested"),
    ("extension.declined", "В переносе срока отказано", "Extension declined"),
    ("excuse.requested", "Запрошено освобождение", "Excuse requested"),
    ("excuse.declined", "В освобождении отказано", "Excuse declined"),
    ("excuse.revoked", "Освобождение отменено", "Excuse revoked"),
    ("obligation.reassigned", "Назначен другой исполнитель", "Reassigned"),
    ("reassignment.proposed", "Предложен другой исполнитель", "Reassignment proposed"),
    ("co.added", "Добавлен соисполнитель", "Co-executor added"),
    ("co.removed", "Соисполнитель убран", "Co-executor removed"),
    ("co.reported", "Соисполнитель сдал свою часть", "Co-executor gave their part"),
    ("obligation.delegated", "Исполнение поручено другому лицу", "Delegated"),
    ("obligation.delegation_ended", "Поручение прекращено", "Delegation ended"),
    ("evidence.attached", "Приложено подтверждение", "Evidence attached"),
    ("evidence.rejected", "Подтверждение отклонено", "Evidence rejected"),
    ("reminder.sent", "Отправлено напоминание", "Reminder sent"),
    ("deadline.passed_noticed", "Отмечено, что срок прошёл", "Passed deadline noticed"),
    ("escalation.raised", "Сообщено вышестоящим", "Escalated"),
    ("proposal.made", "Ждёт подтверждения второго лица", "Awaits a second person"),
    ("proposal.confirmed", "Подтверждено вторым лицом", "Confirmed by a second person"),
    ("proposal.declined", "Предложение отклонено", "Proposal declined"),
    ("authority.granted", "Переданы полномочия", "Authority granted"),
    ("authority.revoked", "Полномочия отозваны", "Authority revoked"),
    ("coordinator.appointed", "Назначен координатор", "Coordinator appointed"),
    ("plan.approved", "План утверждён", "Plan approved"),
    ("plan.anomaly_resolved", "Разрешена неясность плана", "Anomaly of the plan resolved"),
    ("plan.amended", "План изменён", "Plan amended"),
    ("plan.closed", "План закрыт", "Plan closed"),
    ("school.enrolled", "Школа включена в план", "School enrolled"),
    ("school.withdrawn", "Школа исключена из плана", "School withdrawn"),
    ("class.opened", "Открыт класс", "Class opened"),
    ("checklist.approved", "Утверждён чек-лист", "Checklist approved"),
    ("monitoring.opened", "Открыт мониторинг", "Monitoring opened"),
    ("period.closed", "Период закрыт", "Period closed"),
    ("period.reopened", "Период открыт снова", "Period reopened"),
    ("indicator.defined", "Определён показатель", "Indicator defined"),
    ("indicator.target_set", "Установлено целевое значение", "Target set"),
    ("indicator.snapshot_taken", "Сохранён снимок значений", "Snapshot of values taken"),
    ("org.transferred", "Организация передана в другой муниципалитет", "Organisation transferred"),
    ("bulk.recorded", "Записано для многих", "Recorded for many"),
    ("bulk.retracted", "Массовый факт отозван", "Bulk fact retracted"),
    ("bulk.opened", "Начато массовое действие", "Bulk command opened"),
    ("bulk.closed", "Завершено массовое действие", "Bulk command closed"),
];

/// Kinds of events: code, Russian name, and the types that belong to it.
const GROUPS: [(&str, &str, &[&str]); 12] = [
    ("acceptance", "Приёмка", &["report.accepted", "acceptance.revoked", "obligation.reopened"]),
    ("return", "Возврат", &["report.returned"]),
    ("correction", "Исправление", &["fact.corrected"]),
    ("retraction", "Отзыв", &["fact.retracted", "report.withdrawn", "bulk.retracted", "evidence.rejected"]),
    ("extension", "Перенос срока", &["deadline.moved", "extension.requested", "extension.declined"]),
    ("excuse", "Освобождение", &["excuse.requested", "excuse.granted", "excuse.declined", "excuse.revoked"]),
    ("schedule", "График", &["schedule.set", "methodical_day.cancelled"]),
    (
        "delegation",
        "Поручения и полномочия",
        &[
            "obligation.reassigned",
            "reassignment.proposed",
            "co.added",
            "co.removed",
            "co.reported",
            "obligation.delegated",
            "obligation.delegation_ended",
            "authority.granted",
            "authority.revoked",
            "coordinator.appointed",
        ],
    ),
    ("proposal", "Второе лицо", &["proposal.made", "proposal.confirmed", "proposal.declined"]),
    (
        "plan",
        "План и периоды",
        &[
            "plan.imported",
            "plan.activated",
            "plan.approved",
            "plan.anomaly_resolved",
            "plan.amended",
            "plan.closed",
            "period.closed",
            "period.reopened",
            "indicator.defined",
            "indicator.target_set",
            "indicator.snapshot_taken",
            "monitoring.opened",
            "checklist.approved",
        ],
    ),
    (
        "registry",
        "Реестр",
        &[
            "region.configured",
            "org.registered",
            "org.transferred",
            "school.enrolled",
            "school.withdrawn",
            "class.opened",
            "import.opened",
            "import.closed",
            "log.opened",
        ],
    ),
    ("bulk", "Массовые действия", &["bulk.recorded", "bulk.opened", "bulk.closed"]),
];

/// What is left: facts, as the rows of a plan ask for them, and what accompanies them.
const FACTS: (&str, &str) = ("submission", "Сдача");
/// Acts beside the obligation's way.
const BESIDE: [&str; 6] = [
    "obligation.acknowledged",
    "report.interim",
    "evidence.attached",
    "reminder.sent",
    "deadline.passed_noticed",
    "escalation.raised",
];

/// The kind of an event: its code and its Russian name.
#[must_use]
pub fn group_of(event_type: &str) -> (&'static str, &'static str) {
    if BESIDE.contains(&event_type) || said(event_type).is_none() {
        return ("other", "Прочее");
    }
    let group = GROUPS.iter().find(|(.., types)| types.contains(&event_type));
    group.map_or(FACTS, |(code, name, _)| (code, name))
}

/// What a type of event says, in Russian and in English; `None` for one that this version does not know.
#[must_use]
pub fn said(event_type: &str) -> Option<(&'static str, &'static str)> {
    let found = SAID.iter().find(|(name, ..)| *name == event_type);
    found.map(|(_, ru, en)| (*ru, *en))
}

/// A role for people who read Russian.
#[must_use]
pub fn role_ru(role: Role) -> &'static str {
    match role {
        Role::Ministry => "министерство",
        Role::Coordinator => "координатор",
        Role::School => "школа",
        Role::Auditor => "аудитор",
        Role::Bi => "аналитика",
        Role::Admin => "администратор",
        Role::Importer => "загрузка истории",
    }
}

#[cfg(test)]
mod tests {
    use domain::event::Data;

    use super::*;

    #[test]
    fn every_type_of_the_catalogue_has_words_and_a_kind() {
        for name in Data::TYPES {
            let (ru, en) = said(name).unwrap();
            assert!(ru != *name && en != *name, "{name} has no words");
        }
        assert_eq!(group_of("report.accepted").0, "acceptance");
        assert_eq!(group_of("letter.sent").0, "submission");
        assert_eq!(group_of("reminder.sent").0, "other");
        assert_eq!(group_of("nobody.knows").0, "other");
    }

    #[test]
    fn kinds_name_types_that_exist() {
        for name in GROUPS.iter().flat_map(|(.., types)| *types).chain(&BESIDE) {
            assert!(Data::TYPES.contains(name), "{name}");
        }
    }
}
