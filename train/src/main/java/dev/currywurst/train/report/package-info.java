/**
 * What a run shows of itself: its history as curves, a page to watch it by, and how fast it goes.
 *
 * <p>In come steps with their losses, held-out figures and samples; out come {@code index.html} and
 * {@code loss.png}. No weight depends on any of it. Read {@link
 * dev.currywurst.train.report.History} first.
 */
@NullMarked
package dev.currywurst.train.report;

import org.jspecify.annotations.NullMarked;
