//! The elements of a document in reading order: what a screen reader walks.

use krilla::tagging::{Identifier, Node, TableHeaderScope, Tag, TagGroup, TagKind};
use std::num::{NonZeroU16, NonZeroU32};

/// What an element is.
#[derive(Clone, Debug)]
pub enum Role {
    /// A heading of level 1 or 2, with its words.
    Heading(u16, String),
    Paragraph,
    Table,
    Caption,
    TableHead,
    TableBody,
    TableFoot,
    Row,
    /// A cell that names its column.
    ColumnHeading,
    /// A cell that names its row, over so many columns.
    RowHeading(usize),
    Cell,
}

/// The rank of an element among those of its document.
pub type ElementId = usize;

struct Element {
    role: Role,
    parent: Option<ElementId>,
}

/// The elements of a document.
#[derive(Default)]
pub struct Structure {
    elements: Vec<Element>,
}

impl Structure {
    /// Adds an element after those of the same parent.
    pub fn add(&mut self, parent: Option<ElementId>, role: Role) -> ElementId {
        self.elements.push(Element { role, parent });
        self.elements.len() - 1
    }

    /// Returns how many elements there are.
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// Returns the branches of the PDF's tree; `contents` are what was drawn of each element.
    pub fn into_branches(self, contents: Vec<Vec<Identifier>>) -> Vec<Node> {
        let mut groups: Vec<(Option<ElementId>, TagGroup)> = Vec::with_capacity(self.elements.len());
        for (element, contents) in self.elements.into_iter().zip(contents) {
            let children = contents.into_iter().map(Into::into).collect();
            groups.push((element.parent, TagGroup::with_children(element.role.tag(), children)));
        }
        // A child comes after its parent: from the last to the first, each is whole when it is given.
        let mut top = Vec::new();
        while let Some((parent, mut group)) = groups.pop() {
            group.children.reverse();
            match parent {
                Some(parent) => groups[parent].1.push(group),
                None => top.push(group.into()),
            }
        }
        top.reverse();
        top
    }
}

impl Role {
    fn tag(self) -> TagKind {
        match self {
            Role::Heading(level, words) => {
                Tag::Hn(NonZeroU16::new(level).expect("levels start at 1"), Some(words)).into()
            }
            Role::Paragraph => Tag::P.into(),
            Role::Table => Tag::Table.into(),
            Role::Caption => Tag::Caption.into(),
            Role::TableHead => Tag::THead.into(),
            Role::TableBody => Tag::TBody.into(),
            Role::TableFoot => Tag::TFoot.into(),
            Role::Row => Tag::TR.into(),
            Role::ColumnHeading => Tag::TH(TableHeaderScope::Column).into(),
            Role::RowHeading(columns) => {
                let span =
                    u32::try_from(columns).ok().filter(|columns| *columns > 1).and_then(NonZeroU32::new);
                Tag::TH(TableHeaderScope::Row).with_col_span(span).into()
            }
            Role::Cell => Tag::TD.into(),
        }
    }
}
