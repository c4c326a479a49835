// Package fleet runs `tracerec analyze DIR` on Apache Beam, for files that are too many
// for one machine. It is a module of its own, so that Beam is no dependency of the recorder.
//
//	patterns ─► list ─► identify ─► group by (host, boot) ─► analyze ─┬─► findings, coverage: written where they are found
//	                    headers       names of files only     fleet.   ├─► hosts ───────────────────────────┐
//	                    only                                   Group   └─► sightings ─► sum by (what, host) ─► sum by what ─► fleet.jsonl
//
// Rows of traces never leave the worker that reads them. What crosses machines are names of files, and of each
// group a line and the counts of what was seen. A group's output depends on its files alone and is written whole, under names
// made of host, boot and date: doing it twice, which every runner may, gives the same.
package fleet
