//! Roles, and what each may do.

/// What can be done: every use case asks for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// Sees a person's file and asks what rules say: of one's own site for a conseiller.
    See,
    /// Proposes an aid.
    Propose,
    /// Reads statements, lists, books and rules.
    Read,
    /// Imports and cancels, grants, pays, refuses, asks for derogations, attests, opens years.
    Record,
    /// Approves what another asked for, writes off what is undue, publishes rules, seals a year, backs up.
    Approve,
    /// Manages users, erases, takes backups away.
    Direct,
    /// Reads who did and who saw what.
    Audit,
}

/// The role of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Follows the people of a site: evaluates and proposes.
    Adviser,
    /// Reads.
    Reader,
    /// Controls: reads everything, the audit log too.
    Auditor,
    /// Imports, records, cancels, attests.
    Clerk,
    /// Approves, publishes rules, seals years, backs up.
    Approver,
    /// Has every right: manages users, erases.
    Director,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 6] =
        [Role::Adviser, Role::Reader, Role::Auditor, Role::Clerk, Role::Approver, Role::Director];

    /// Returns the French word.
    pub fn code(self) -> &'static str {
        match self {
            Role::Adviser => "conseiller",
            Role::Reader => "lecture",
            Role::Auditor => "controle",
            Role::Clerk => "saisie",
            Role::Approver => "validation",
            Role::Director => "direction",
        }
    }

    /// Reads the French word.
    pub fn parse(text: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.code() == text)
    }

    /// Returns what the role may do.
    pub fn rights(self) -> &'static [Right] {
        use Right::{Approve, Audit, Direct, Propose, Read, Record, See};
        match self {
            Role::Adviser => &[See, Propose],
            Role::Reader => &[See, Read],
            Role::Auditor => &[See, Read, Audit],
            Role::Clerk => &[See, Propose, Read, Record],
            Role::Approver => &[See, Propose, Read, Record, Approve],
            Role::Director => &[See, Propose, Read, Record, Approve, Direct, Audit],
        }
    }

    /// Tells whether the role has a right.
    pub fn may(self, right: Right) -> bool {
        self.rights().contains(&right)
    }
}

impl Right {
    /// Returns the first role that has this right: the one to ask for.
    pub fn asks_for(self) -> Role {
        Role::ALL.into_iter().find(|role| role.may(self)).unwrap_or(Role::Director)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_direction_has_every_right_and_each_right_a_role() {
        use Right::{Approve, Audit, Direct, Propose, Read, Record, See};
        let asked = [
            (See, "conseiller"),
            (Propose, "conseiller"),
            (Read, "lecture"),
            (Audit, "controle"),
            (Record, "saisie"),
            (Approve, "validation"),
            (Direct, "direction"),
        ];
        for (right, role) in asked {
            assert!(Role::Director.may(right));
            assert_eq!(right.asks_for().code(), role);
        }
        for role in Role::ALL {
            assert_eq!(Role::parse(role.code()), Some(role));
        }
    }
}
