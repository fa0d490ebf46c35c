/**
 * Looks after a folder of captioned pictures before a network learns from it.
 *
 * <p>In comes a folder, as it is, with all its faults: {@link
 * dev.currywurst.train.dataset.Inventory} lists it, {@link dev.currywurst.train.dataset.Survey}
 * opens every picture once. Out come the faults ({@link
 * dev.currywurst.train.dataset.DatasetCheck}), figures ({@link
 * dev.currywurst.train.dataset.DatasetStatistics}), clusters of pictures that are nearly the same
 * ({@link dev.currywurst.train.dataset.Clustering}) and a copy that holds each only once ({@link
 * dev.currywurst.train.dataset.ThinnedDataset}). The folder itself is never changed. Read {@code
 * Inventory} first.
 */
@NullMarked
package dev.currywurst.train.dataset;

import org.jspecify.annotations.NullMarked;
