//! The figures of the last weeks, read on one snapshot.

use chrono::Duration;

use super::Engine;
use crate::domain::stats::{Stats, Tally, Window};
use crate::store::{StoreError, incidents, pages};

/// So many incidents are read in one go.
const AT_ONCE: u32 = 500;

impl Engine {
    /// What happened in the `span` before now.
    pub async fn stats(&self, span: Duration) -> Result<Stats, StoreError> {
        let to = self.now();
        let window = Window { from: to - span, to };
        let (house, night) = (self.settings.house.clone(), self.settings.night);
        let rota = self.rota();
        self.db
            .read("stats", move |tx| {
                let (house, rota) = (house.clone(), rota.clone());
                Box::pin(async move {
                    let mut tally = Tally::new(window, night, &house);
                    let mut after = None;
                    loop {
                        let some = incidents::opened_in(tx, window, after, AT_ONCE).await?;
                        for incident in &some {
                            tally.incident(incident);
                        }
                        after = some.last().map(|last| (last.opened_at, last.id));
                        if some.len() < AT_ONCE as usize {
                            break;
                        }
                    }
                    for waking in pages::wakings(tx, window).await? {
                        tally.waking(&waking);
                    }
                    tally.on_call(rota.overrides());
                    Ok::<_, StoreError>(tally.stats())
                })
            })
            .await
    }
}
