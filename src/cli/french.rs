//! The argument parser speaks English; here it learns French.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};

const TEMPLATE: &str = "{about-with-newline}\nUtilisation\u{a0}: {usage}\n\n{all-args}";

/// Puts the help of a command, and of those under it, into French.
pub(super) fn in_french(command: Command) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_string()).collect();
    let help = Arg::new("aide-du-programme")
        .long("help")
        .visible_alias("aide")
        .short('h')
        .action(ArgAction::Help)
        .help_heading("Options\u{a0}")
        .help("Affiche cette aide");
    let mut command = command
        .help_template(TEMPLATE)
        .subcommand_help_heading("Commandes\u{a0}")
        .mut_args(|arg| {
            if arg.is_positional() {
                arg.help_heading("Arguments\u{a0}")
            } else {
                arg.help_heading("Options\u{a0}")
            }
        })
        .subcommand_value_name("COMMANDE")
        .disable_help_subcommand(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(help);
    for name in names {
        command = command.mut_subcommand(name, in_french);
    }
    command
}

/// Adds `--version` to the program itself.
pub(super) fn with_version(command: Command) -> Command {
    let version = Arg::new("version").long("version").short('V').action(ArgAction::Version);
    command.arg(version.help_heading("Options\u{a0}").help("Affiche la version"))
}

/// Returns a parser's error in French.
pub(super) fn error_in_french(error: &clap::Error) -> String {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    let argument = context(ContextKind::InvalidArg);
    let value = context(ContextKind::InvalidValue);
    let message = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            format!("commande inconnue : « {} »", context(ContextKind::InvalidSubcommand))
        }
        ErrorKind::UnknownArgument => format!("option ou argument inconnu : « {argument} »"),
        ErrorKind::MissingRequiredArgument => format!("il manque : {argument}"),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "il manque une commande".to_string()
        }
        ErrorKind::InvalidValue if value.is_empty() => format!("il manque la valeur de {argument}"),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let why = std::error::Error::source(error).map_or_else(
                || match context(ContextKind::ValidValue) {
                    valid if valid.is_empty() => String::new(),
                    valid => format!(" ; valeurs possibles : {valid}"),
                },
                |source| format!(" ; {}", number_in_french(&source.to_string())),
            );
            format!("valeur « {value} » refusée pour {argument}{why}")
        }
        ErrorKind::TooManyValues => format!("valeur de trop : « {value} » pour {argument}"),
        ErrorKind::ArgumentConflict => {
            format!("{argument} : donné deux fois ou incompatible avec une autre option")
        }
        _ => "ligne de commande incomprise".to_string(),
    };
    let suggestion =
        [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue]
            .into_iter()
            .map(context)
            .find(|text| !text.is_empty())
            .map_or_else(String::new, |text| format!("\nconseil : vouliez-vous « {text} » ?"));
    format!("{message}{suggestion}\nconseil : denier --help montre les commandes")
}

fn number_in_french(message: &str) -> String {
    if message.contains("invalid digit")
        || message.contains("number too")
        || message.contains("cannot parse integer")
    {
        return "un nombre entier est attendu".to_string();
    }
    message.to_string()
}
