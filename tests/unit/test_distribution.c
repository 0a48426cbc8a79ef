/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api/distribution.h"

#include <math.h>
#include <string.h>

#include <glib.h>

#include "bytes_of.h"

/* Events at places 0, 1, ..., as many as `count` says, by one chooser that has changed so often. */
static struct distribution
spread(const uint32_t events[], unsigned count, uint32_t switches)
{
    struct distribution distribution = {.switches = switches};
    for (unsigned place = 0; place < count; place++)
        distribution_add(&distribution, place, events[place]);
    distribution.choices = distribution.events - 1;
    return distribution;
}

/* The most that chance does once in so many times, from the incomplete gamma function: what the tables of the engine hold. */
static double
probability_above(double chi_square, unsigned degrees)
{
    double half = chi_square / 2, shape = degrees / 2.0, term = 1 / shape, sum = term;
    for (unsigned i = 1; i < 1000; i++) {
        term *= half / (shape + i);
        sum += term;
    }
    return 1 - sum * exp(-half + shape * log(half) - lgamma(shape));
}

/* One place has `more` events than each of the others. */
static double
probability_of(unsigned places, uint32_t events, uint32_t more)
{
    double expected = events + (double)more / places, of_one = more - (double)more / places,
           of_others = (double)more / places;
    return probability_above((of_one * of_one + (places - 1) * of_others * of_others) / expected, places - 1);
}

static void
once_in_a_thousand_times(void **state)
{
    (void)state;
    enum { EVENTS = 100000 };
    for (unsigned places = 2; places <= DISTRIBUTION_PLACES; places++) {
        uint32_t events[DISTRIBUTION_PLACES], more = 0;
        struct distribution distribution;
        do {
            more++;
            for (unsigned place = 0; place < places; place++)
                events[place] = EVENTS + (place == 1 ? more : 0);
            distribution = spread(events, places, 0);
        } while (!distribution_is_beyond_chance(&distribution));
        assert_true(probability_of(places, EVENTS, more) < 0.00101);
        assert_true(probability_of(places, EVENTS, more - 1) > 0.00098);
    }
}

/* Beyond chance once in 100 times, and never twice at one place. */
static void
who_takes_turns_needs_less(void **state)
{
    (void)state;
    enum { EVENTS = 100000 };
    for (unsigned places = 2; places <= DISTRIBUTION_PLACES; places++) {
        uint32_t events[DISTRIBUTION_PLACES], more = 0;
        struct distribution distribution;
        do {
            more++;
            for (unsigned place = 0; place < places; place++)
                events[place] = EVENTS + (place == 1 ? more : 0);
            distribution = spread(events, places, places * EVENTS);
        } while (!distribution_is_beyond_chance(&distribution));
        assert_true(probability_of(places, EVENTS, more) < 0.0101);
        assert_true(probability_of(places, EVENTS, more - 1) > 0.0098);
    }
}

static void
turns_add_to_the_shares(void **state)
{
    (void)state;
    const uint32_t two_to_one[] = {40, 20}, three_ways[] = {40, 20, 20};
    struct distribution distribution = spread(two_to_one, 2, 30); /* as often as by chance: 6.67 of 10.83 */
    assert_false(distribution_is_beyond_chance(&distribution));
    distribution = spread(two_to_one, 2, 39); /* 6.67 and 6.12 of 13.82 */
    assert_false(distribution_is_beyond_chance(&distribution));
    distribution = spread(two_to_one, 2, 40); /* 6.67 and 7.47 */
    assert_true(distribution_is_beyond_chance(&distribution));
    distribution = spread(two_to_one, 2, 5); /* seldom changed says nothing */
    assert_false(distribution_is_beyond_chance(&distribution));
    distribution = spread(three_ways, 3, 60); /* 10.0 and 3.1 of 16.27 */
    assert_false(distribution_is_beyond_chance(&distribution));
    distribution = spread(three_ways, 3, 79); /* 10.0 and 39.5 */
    assert_true(distribution_is_beyond_chance(&distribution));
}

static void
equal_and_single_places(void **state)
{
    (void)state;
    const uint32_t equal[] = {50, 50, 50};
    struct distribution distribution = spread(equal, 3, 149);
    assert_false(distribution_is_beyond_chance(&distribution));
    distribution = spread(equal, 1, 0);
    assert_false(distribution_is_beyond_chance(&distribution));
    distribution = spread(equal, 0, 0);
    assert_false(distribution_is_beyond_chance(&distribution));
}

static void
most_first(void **state)
{
    (void)state;
    const uint32_t events[] = {7, 9, 7, 12};
    const unsigned order[] = {3, 1, 0, 2};
    struct distribution distribution = spread(events, 4, 0);
    assert_int_equal(distribution.events, 35);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(distribution.share[i].place, order[i]);
        assert_int_equal(distribution.share[i].events, events[order[i]]);
    }
}

/* Goes through the text, a digit a place, `rounds` times. */
static struct chooser
chooser_of(const char *places, unsigned rounds)
{
    struct chooser chooser = {0};
    for (unsigned i = 0; i < rounds * strlen(places); i++)
        chooser_take(&chooser, (unsigned)(places[i % strlen(places)] - '0'));
    return chooser;
}

static void
choosers(void **state)
{
    (void)state;
    static const struct {
        const char *places;
        unsigned rounds;
        uint32_t switches;
        bool alternates;
    } rows[] = {
        {"01", 20, 39, true},
        {"012", 10, 29, true},
        {"001", 10, 19, true},
        {"0001", 10, 19, true},
        {"0011", 10, 19, true},     /* at least 11.7 of independent choices */
        {"0000111", 10, 19, false}, /* 20.3 */
        {"000000000111", 10, 19, false},
        {"0000000000", 2, 0, false},
        {"00000000001111111111", 1, 1, false},
        {"", 0, 0, false},
        {"0", 1, 0, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct chooser chooser = chooser_of(rows[i].places, rows[i].rounds);
        struct distribution distribution = {0};
        assert_int_equal(chooser.switches, rows[i].switches);
        assert_int_equal(chooser_alternates(&chooser), rows[i].alternates);
        distribution_add_choices(&distribution, &chooser);
        size_t taken = rows[i].rounds * strlen(rows[i].places);
        assert_int_equal(distribution.choices, taken > 0 ? taken - 1 : 0);
        assert_int_equal(distribution.switches, rows[i].switches);
    }
}

static void
taken_back(void **state)
{
    (void)state;
    struct chooser chooser = chooser_of("01", 1);
    assert_true(chooser_turns(&chooser, 0));
    assert_false(chooser_turns(&chooser, 1));
    chooser_take_back(&chooser, 0);
    chooser_take_back(&chooser, 0);
    chooser_take_back(&chooser, 1);
    assert_int_equal(chooser.taken[0], 0);
    assert_int_equal(chooser.taken[1], 0);
    assert_false(chooser_alternates(&chooser));
    struct distribution distribution = {0};
    distribution_add_choices(&distribution, &chooser);
    assert_int_equal(distribution.choices, 0);
    assert_false(chooser_turns(&(struct chooser){0}, 3));
}

static void
counts_end(void **state)
{
    (void)state;
    struct chooser chooser = chooser_of("00000001", 20000);
    assert_int_equal(chooser.taken[0], UINT16_MAX);
    assert_int_equal(chooser.taken[1], 20000);
    assert_int_equal(chooser.switches, 39999);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(once_in_a_thousand_times),
        cmocka_unit_test(who_takes_turns_needs_less),
        cmocka_unit_test(turns_add_to_the_shares),
        cmocka_unit_test(equal_and_single_places),
        cmocka_unit_test(most_first),
        cmocka_unit_test(choosers),
        cmocka_unit_test(taken_back),
        cmocka_unit_test(counts_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
