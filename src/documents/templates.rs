//! Post-mortem templates: `default.md.hbs`, one for a severity (`p1.md.hbs`), one for a service (`service-<name>.md.hbs`).
//!
//! A template sees the incident's facts and places sections with `{{section "summary"}}`. Values are escaped for Markdown,
//! unknown names are errors, and every template is tried when it is loaded, so that none fails on the day it is needed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use handlebars::{
    Context, Handlebars, Helper, HelperDef, Output, RenderContext, RenderError, RenderErrorReason,
    TemplateError,
};
use serde::Serialize;

use super::{Document, Remark, read_folder};
use crate::domain::postmortem::{Draft, Facts, Part, markdown};
use crate::domain::severity::Severity;
use crate::ids::ServiceId;

/// The shipped default template.
pub const SHIPPED: &str = include_str!("../../postmortem-templates/default.md.hbs");

/// The template for everything that has none of its own.
const DEFAULT: &str = "default";

/// The templates that can be used.
pub struct Templates {
    registry: Handlebars<'static>,
    texts: BTreeMap<String, String>,
}

/// The templates of a folder, and what is wrong with the others.
pub struct Loaded {
    /// What can be used; the default is always among them.
    pub templates: Templates,
    /// The templates that were left out, and why.
    pub remarks: Vec<Remark>,
}

/// A draft could not be set in its template.
#[derive(Debug, thiserror::Error)]
#[error("cannot set the post-mortem in the template `{template}`: {why}")]
pub struct Unrendered {
    /// The template's name.
    pub template: String,
    /// What failed.
    pub why: Box<RenderError>,
}

/// The templates of a folder. The shipped default stands in for one that is missing or faulty.
pub fn load(folder: &Path) -> Loaded {
    let (documents, mut remarks) = read_folder(folder, ".md.hbs").unwrap_or_default();
    let shipped = Document {
        path: PathBuf::from("default.md.hbs"),
        name: DEFAULT.to_owned(),
        text: SHIPPED.to_owned(),
    };
    let mut templates = Templates { registry: registry(), texts: BTreeMap::new() };
    for document in [shipped].into_iter().chain(documents) {
        remarks.extend(templates.add(document).err());
    }
    remarks.sort();
    Loaded { templates, remarks }
}

fn registry() -> Handlebars<'static> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.register_escape_fn(markdown::escape);
    registry.register_helper("section", Box::new(SectionHelper));
    registry
}

impl Templates {
    /// Takes a template in, or says what is wrong with it; one of the same name that was good stays then.
    fn add(&mut self, document: Document) -> Result<(), Remark> {
        let Document { path, name, text } = document;
        let remark = |line: Option<usize>, what| Remark { file: path.clone(), line: line.unwrap_or(1), what };
        if !is_a_known_name(&name) {
            let what = format!("`{name}` is never chosen; call it default, p1 to p4, or service-<name>");
            return Err(remark(None, what));
        }
        let mut trial = registry();
        trial
            .register_template_string(&name, &text)
            .map_err(|error| remark(line_of(&error), shape_of(&error)))?;
        trial.render(&name, &View::specimen()).map_err(|error| remark(error.line_no, why_not(&error)))?;
        let template = trial.get_template(&name).cloned();
        self.registry.register_template(&name, template.ok_or_else(|| remark(None, "is empty".to_owned()))?);
        self.texts.insert(name, text);
        Ok(())
    }

    /// The templates as they were written, by name.
    pub(super) fn texts(&self) -> &BTreeMap<String, String> {
        &self.texts
    }

    /// Takes in a template that was good once.
    pub(super) fn restore(&mut self, name: &str, text: &str) {
        let document = Document { path: PathBuf::new(), name: name.to_owned(), text: text.to_owned() };
        if let Err(remark) = self.add(document) {
            tracing::error!(remark = %remark, "a template that was good cannot be used any more");
        }
    }

    /// The name of the template for an incident: its service's, else its severity's, else the default.
    pub fn choose(&self, severity: Severity, service: Option<&ServiceId>) -> String {
        let of_service = service.map(|service| format!("service-{service}"));
        let of_severity = severity.as_str().to_ascii_lowercase();
        of_service
            .into_iter()
            .chain([of_severity])
            .find(|name| self.registry.has_template(name))
            .unwrap_or_else(|| DEFAULT.to_owned())
    }

    /// A draft as Markdown, in the template that its incident calls for.
    pub fn render(&self, draft: &Draft, facts: &Facts) -> Result<String, Unrendered> {
        let template = self.choose(facts.incident.severity, facts.incident.service.as_ref());
        let rendered = self.registry.render(&template, &View::new(draft, facts));
        rendered.map_err(|error| Unrendered { template, why: Box::new(error) })
    }
}

fn is_a_known_name(name: &str) -> bool {
    let is_service = name.strip_prefix("service-").is_some_and(|service| !service.is_empty());
    let is_severity =
        Severity::ALL.into_iter().any(|severity| severity.as_str().to_ascii_lowercase() == name);
    name == DEFAULT || is_service || is_severity
}

fn line_of(error: &TemplateError) -> Option<usize> {
    error.pos().map(|(line, _)| line)
}

fn shape_of(error: &TemplateError) -> String {
    format!("is not a template: {}", error.reason())
}

fn why_not(error: &RenderError) -> String {
    match error.reason() {
        RenderErrorReason::MissingVariable(Some(name)) => {
            format!("there is no value `{name}`; correct the name")
        }
        RenderErrorReason::HelperNotFound(name) => format!("there is no helper `{name}`; ours is `section`"),
        RenderErrorReason::Other(why) => why.clone(),
        reason => format!("cannot be rendered: {reason}"),
    }
}

/// What a template sees. Absent facts are empty texts, so that strict mode complains of typing errors only.
#[derive(Serialize)]
struct View {
    incident: IncidentView,
    /// The sections by slug, each as finished Markdown with its marks.
    sections: BTreeMap<&'static str, String>,
}

#[derive(Serialize, Default)]
struct IncidentView {
    id: String,
    title: String,
    severity: String,
    severity_rule: String,
    severity_reason: String,
    service: String,
    env: String,
    channel: String,
    opened_at: String,
    acked_at: String,
    acked_by: String,
    resolved_at: String,
    resolved_by: String,
}

impl View {
    fn new(draft: &Draft, facts: &Facts) -> Self {
        let incident = &facts.incident;
        let (acked, resolved) = (incident.acked.as_ref(), incident.resolved.as_ref());
        let time = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d %H:%M:%S").to_string();
        let incident = IncidentView {
            id: incident.id.to_string(),
            title: incident.title.clone(),
            severity: incident.severity.to_string(),
            severity_rule: incident.severity_rule.clone(),
            severity_reason: incident.severity_reason.clone(),
            service: incident
                .service
                .as_ref()
                .map_or_else(|| "service unknown".to_owned(), ToString::to_string),
            env: incident.env.clone().unwrap_or_default(),
            channel: incident.channel.clone().unwrap_or_default(),
            opened_at: time(incident.opened_at),
            acked_at: acked.map(|acked| time(acked.at)).unwrap_or_default(),
            acked_by: acked.map(|acked| acked.by.clone()).unwrap_or_default(),
            resolved_at: resolved.map(|resolved| time(resolved.at)).unwrap_or_default(),
            resolved_by: resolved.and_then(|resolved| resolved.by.clone()).unwrap_or_default(),
        };
        let sections = draft.sections.iter().map(|section| (section.part.slug(), section.block())).collect();
        Self { incident, sections }
    }

    /// What templates are tried with.
    fn specimen() -> Self {
        let sections = Part::ALL.into_iter().map(|part| (part.slug(), String::new())).collect();
        Self { incident: IncidentView::default(), sections }
    }
}

/// `{{section "summary"}}`: a section with its marks, not escaped again.
struct SectionHelper;

impl HelperDef for SectionHelper {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> Result<(), RenderError> {
        let slug = helper.param(0).and_then(|slug| slug.value().as_str());
        let block = slug.and_then(|slug| context.data().get("sections")?.get(slug)?.as_str());
        let known = || Part::ALL.map(Part::slug).join(", ");
        let block = block.ok_or_else(|| {
            let asked = slug.unwrap_or_default();
            RenderErrorReason::Other(format!("there is no section `{asked}`; they are {}", known()))
        })?;
        Ok(out.write(block)?)
    }
}
