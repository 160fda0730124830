use super::*;
use crate::ids::ScheduleId;

fn house_services() -> BTreeMap<ServiceId, Service> {
    ["svc-ledger", "svc-cards"]
        .map(|name| {
            let id = ServiceId::from(name);
            let service = Service {
                id: id.clone(),
                tier: None,
                owner: None,
                schedule: ScheduleId::from("platform"),
                escalation: BTreeMap::new(),
                runbook: None,
                dashboards: Vec::new(),
                slos: Vec::new(),
            };
            (id, service)
        })
        .into()
}

#[test]
fn the_first_configured_value_is_the_service() {
    let service_labels = ["service", "app", "job"].map(str::to_owned);
    let services = house_services();
    for (pairs, configured, shown) in [
        (vec![("service", "svc-ledger"), ("job", "svc-cards")], Some("svc-ledger"), Some("svc-ledger")),
        (vec![("service", "unknown"), ("job", "svc-cards")], Some("svc-cards"), Some("svc-cards")),
        (vec![("job", "node"), ("app", "shop")], None, Some("shop")),
        (vec![("service", " "), ("app", " svc-ledger ")], Some("svc-ledger"), Some("svc-ledger")),
        (vec![("team", "svc-ledger")], None, None),
        (vec![], None, None),
    ] {
        let labels: Labels = pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let found = service_of(&labels, &service_labels, &services);
        assert_eq!(found.as_ref().map(ServiceId::as_str), configured, "{pairs:?}");
        assert_eq!(service_shown(&labels, &service_labels, &services), shown, "{pairs:?}");
    }
}
