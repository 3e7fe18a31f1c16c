/* SPDX-License-Identifier: BSD-3-Clause */
/* What control/DIAGNOSIS.md says besides its figures, in its order. */
#ifndef WEFT_ACCURACY_PAGE_H
#define WEFT_ACCURACY_PAGE_H

extern const char *const page_opening;
extern const char *const page_model;
extern const char *const page_transport;
extern const char *const page_without_end;
extern const char *const page_bound;
extern const char *const page_transport_healthy;
extern const char *const page_healthy;

#endif
