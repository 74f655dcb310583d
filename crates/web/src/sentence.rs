//! What an event says, as a sentence for people who read a list.

use domain::id::ObligationId;
use domain::refusal::Words;

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

/// A sentence on an event: what happened, and to what.
pub(crate) fn of(event_type: &str, obligation: Option<&ObligationId>, subject: &str) -> Words {
    let what = what(event_type);
    if let Some(id) = obligation {
        return Words::new(
            format!("{}: строка {}, {}{}", what.ru, id.row, id.org, item(id)),
            format!("{}: row {}, {}{}", what.en, id.row, id.org, item(id)),
        );
    }
    if matches!(subject, "log" | "") {
        return what;
    }
    let about = subject.rsplit('/').next().unwrap_or(subject);
    Words::new(format!("{}: {about}", what.ru), format!("{}: {about}", what.en))
}

/// A sentence on a fact about many.
pub(crate) fn of_many(event_type: &str, row: &str, count: usize) -> Words {
    let what = what(event_type);
    Words::new(
        format!("{}: строка {row}, организаций {count}", what.ru),
        format!("{}: row {row}, organisations {count}", what.en),
    )
}

fn item(id: &ObligationId) -> String {
    if id.item.as_str() == "-" { String::new() } else { format!(", {}", id.item) }
}

fn what(event_type: &str) -> Words {
    let said = SAID.iter().find(|(name, ..)| *name == event_type);
    let (_, ru, en) = said.copied().unwrap_or((event_type, event_type, event_type));
    Words::new(ru, en)
}

#[cfg(test)]
mod tests {
    use domain::event::Data;

    use super::*;

    #[test]
    fn every_type_of_the_catalogue_has_words() {
        for name in Data::TYPES {
            let words = what(name);
            assert!(words.ru != *name && words.en != *name, "{name} has no sentence");
        }
    }

    #[test]
    fn a_sentence_names_row_organisation_and_item() {
        let id = "p/5.1/pogranichny-s01/7".parse().unwrap();
        assert_eq!(of("letter.sent", Some(&id), "").ru, "Направлено письмо: строка 5.1, pogranichny-s01, 7");
        assert_eq!(of("org.registered", None, "org/mo-pk").en, "Organisation registered: mo-pk");
    }
}
