/* What every C file of ours begins with: its header, what its functions need, and the functions of which it has those
   that it calls. */
/* --- header --- */
#include <stddef.h>
#include <stdint.h>

#ifdef GRADWRIGHT_FLOAT
typedef float gw_real;
#else
typedef double gw_real;
#endif
typedef ptrdiff_t gw_index;

/* --- file --- */

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <tgmath.h>
#ifdef _OPENMP
#include <omp.h>
#endif
#undef I

#ifdef GRADWRIGHT_FLOAT
typedef int32_t whole;
#define DIGIT FLT_EPSILON
#else
typedef int64_t whole;
#define DIGIT DBL_EPSILON
#endif
typedef gw_real real;

#define PRAGMA(text) _Pragma(#text)
#define SIMD(clauses) PRAGMA(omp simd clauses)
#define ROOM(name, count) if (!(name = malloc(sizeof *name * ((size_t)(count) + 1)))) { status = 1; goto end; }

static inline whole bits_of(real x) { whole bits; memcpy(&bits, &x, sizeof bits); return bits; }
static inline real number_of(whole bits) { real x; memcpy(&x, &bits, sizeof x); return x; }

/* --- functions --- */

static int _parts(gw_index work)
{
    /* How many threads share the work: one where it is small. */
#ifdef _OPENMP
    return work >= 131072 ? omp_get_max_threads() : 1;
#else
    (void)work;
    return 1;
#endif
}

static inline real sinc(real x) { real y = (real)3.141592653589793 * x; return x == 0 ? 1 : sin(y) / y; }

static inline real logaddexp(real a, real b) { return a == b ? a + (real)0.6931471805599453
    : (a > b ? a : b) + log1p(exp(-fabs(a - b))); }

static inline real _gamma(real a) { return tgamma(a); }

static void _turned(const real *restrict a, gw_index a_0, gw_index a_1, gw_index first,
    real *restrict b, gw_index b_0, gw_index b_1, gw_index start, gw_index rows, gw_index columns)
{
    /* b[start + j, i] = a[first + i, j] for so many rows i and columns j, by squares that stay in registers. */
    (void)a_0, (void)b_0;
    for (gw_index i = 0; i < rows; i += 8)
        for (gw_index j = 0; j < columns; j += 8) {
            const gw_index r = rows - i < 8 ? rows - i : 8, c = columns - j < 8 ? columns - j : 8;
            const real *from = a + (first + i) * a_1 + j;
            real *to = b + (start + j) * b_1 + i;
            if (r == 8 && c == 8) {
                for (int y = 0; y < 8; y++)
                    for (int x = 0; x < 8; x++) to[y * b_1 + x] = from[x * a_1 + y];
            } else {
                for (gw_index y = 0; y < c; y++)
                    for (gw_index x = 0; x < r; x++) to[y * b_1 + x] = from[x * a_1 + y];
            }
        }
}

static int gw_product(gw_index rows, gw_index inner, gw_index columns, const real *restrict a, gw_index a_row,
    gw_index a_column, const real *restrict b, gw_index b_row, gw_index b_column, real *restrict c)
{
    /* c = a b, for any strides of a and b: columns of b are packed, and four rows of a are taken at a time. */
    enum { WIDE = 256, DEEP = 128 };
    int status = 0;
    real *packed = malloc(sizeof(real) * WIDE * DEEP);
    if (!packed) return 1;
    memset(c, 0, sizeof(real) * (size_t)(rows * columns));
    for (gw_index k0 = 0; k0 < inner; k0 += DEEP)
        for (gw_index j0 = 0; j0 < columns; j0 += WIDE) {
            const gw_index deep = inner - k0 < DEEP ? inner - k0 : DEEP;
            const gw_index wide = columns - j0 < WIDE ? columns - j0 : WIDE;
            for (gw_index k = 0; k < deep; k++)
                for (gw_index j = 0; j < wide; j++) packed[k * WIDE + j] = b[(k0 + k) * b_row + (j0 + j) * b_column];
#ifdef _OPENMP
#pragma omp parallel for schedule(static) num_threads(_parts(rows * deep * wide))
#endif
            for (gw_index i0 = 0; i0 < rows; i0 += 4)
                for (gw_index k = 0; k < deep; k++) {
                    const real *restrict line = packed + k * WIDE;
                    if (rows - i0 >= 4) {
                        const real *at = a + i0 * a_row + (k0 + k) * a_column;
                        const real p = at[0], q = at[a_row], r = at[2 * a_row], s = at[3 * a_row];
                        real *restrict to = c + i0 * columns + j0;
                        for (gw_index j = 0; j < wide; j++) {
                            to[j] += p * line[j];
                            to[columns + j] += q * line[j];
                            to[2 * columns + j] += r * line[j];
                            to[3 * columns + j] += s * line[j];
                        }
                    } else {
                        for (gw_index i = i0; i < rows; i++) {
                            const real p = a[i * a_row + (k0 + k) * a_column];
                            for (gw_index j = 0; j < wide; j++) c[i * columns + j0 + j] += p * line[j];
                        }
                    }
                }
        }
    free(packed);
    return status;
}

static void gw_exchange(gw_index n, real *restrict a, real *restrict b)
{
    for (gw_index j = 0; j < n; j++) {
        const real first = a[j];
        a[j] = b[j];
        b[j] = first;
    }
}

static int gw_eliminated(gw_index n, real *restrict a, gw_index m, real *restrict b)
{
    /* a becomes the upper triangle of its elimination with row pivots, b goes with it; the sign of the exchanges. */
    int sign = 1;
    for (gw_index k = 0; k < n; k++) {
        gw_index best = k;
        for (gw_index i = k + 1; i < n; i++)
            if (!(fabs(a[i * n + k]) <= fabs(a[best * n + k]))) best = i;
        if (best != k) {
            sign = -sign;
            gw_exchange(n, a + k * n, a + best * n);
            gw_exchange(m, b + k * m, b + best * m);
        }
        if (a[k * n + k] == 0) continue;
        for (gw_index i = k + 1; i < n; i++) {
            const real share = a[i * n + k] / a[k * n + k];
            for (gw_index j = k + 1; j < n; j++) a[i * n + j] -= share * a[k * n + j];
            for (gw_index j = 0; j < m; j++) b[i * m + j] -= share * b[k * m + j];
        }
    }
    return sign;
}

static int gw_det(gw_index n, real *restrict a, real *restrict found)
{
    *found = gw_eliminated(n, a, 0, found);
    for (gw_index k = 0; k < n; k++) *found *= a[k * n + k];
    return 0;
}

static int gw_logdet(gw_index n, real *restrict a, real *restrict found)
{
    /* log det a; NaN where the determinant is negative. */
    int sign = gw_eliminated(n, a, 0, found);
    real size = 0;
    for (gw_index k = 0; k < n; k++) {
        size += log(fabs(a[k * n + k]));
        sign = a[k * n + k] < 0 ? -sign : sign;
    }
    *found = sign < 0 ? (real)NAN : size;
    return 0;
}

static int gw_solve(gw_index n, real *restrict a, gw_index m, real *restrict b)
{
    /* The solution of a x = b, in the place of b. */
    gw_eliminated(n, a, m, b);
    for (gw_index k = n - 1; k >= 0; k--) {
        if (a[k * n + k] == 0) return 3;
        for (gw_index i = k + 1; i < n; i++)
            for (gw_index j = 0; j < m; j++) b[k * m + j] -= a[k * n + i] * b[i * m + j];
        for (gw_index j = 0; j < m; j++) b[k * m + j] /= a[k * n + k];
    }
    return 0;
}

static void gw_unit(gw_index n, real *restrict a)
{
    for (gw_index i = 0; i < n; i++)
        for (gw_index j = 0; j < n; j++) a[i * n + j] = i == j;
}

static int gw_inv(gw_index n, real *restrict a, real *restrict found)
{
    gw_unit(n, found);
    return gw_solve(n, a, n, found);
}

static int gw_chol(gw_index n, real *restrict a, real *restrict found)
{
    /* The lower triangle l of a = l l'; NaN where a holds NaN. */
    for (gw_index i = 0; i < n; i++)
        for (gw_index j = 0; j < n; j++) {
            real sum = a[i * n + j];
            for (gw_index p = 0; p < j && j <= i; p++) sum -= found[i * n + p] * found[j * n + p];
            if (i == j && sum <= 0) return 2;
            found[i * n + j] = j > i ? 0 : i == j ? sqrt(sum) : sum / found[j * n + j];
        }
    return 0;
}

static int gw_cho_solve(gw_index n, real *restrict l, gw_index m, real *restrict b)
{
    /* The solution of l l' x = b, in the place of b. */
    for (gw_index i = 0; i < n; i++) {
        for (gw_index p = 0; p < i; p++)
            for (gw_index j = 0; j < m; j++) b[i * m + j] -= l[i * n + p] * b[p * m + j];
        for (gw_index j = 0; j < m; j++) b[i * m + j] /= l[i * n + i];
    }
    for (gw_index i = n - 1; i >= 0; i--) {
        for (gw_index p = i + 1; p < n; p++)
            for (gw_index j = 0; j < m; j++) b[i * m + j] -= l[p * n + i] * b[p * m + j];
        for (gw_index j = 0; j < m; j++) b[i * m + j] /= l[i * n + i];
    }
    return 0;
}

static int gw_cho_inv(gw_index n, real *restrict l, real *restrict found)
{
    gw_unit(n, found);
    return gw_cho_solve(n, l, n, found);
}

static int gw_cofactors(gw_index n, real *restrict a, real *restrict found)
{
    /* det(a) times inv(a)', which a singular matrix has too: then each is a determinant without a row and a column. */
    real *once = malloc(sizeof(real) * (size_t)(n * n + 1)), *inverse = malloc(sizeof(real) * (size_t)(n * n + 1));
    if (!once || !inverse) { free(once); free(inverse); return 1; }
    memcpy(once, a, sizeof(real) * (size_t)(n * n));
    gw_unit(n, inverse);
    real det = 1, least = (real)INFINITY, most = 0;
    const int singular = gw_solve(n, once, n, inverse);
    for (gw_index k = 0; k < n; k++) {
        const real pivot = fabs(once[k * n + k]);
        least = pivot < least ? pivot : least;
        most = pivot > most ? pivot : most;
    }
    if (!singular && least * least > DIGIT * most * most) {
        memcpy(once, a, sizeof(real) * (size_t)(n * n));
        gw_det(n, once, &det);
        for (gw_index i = 0; i < n; i++)
            for (gw_index j = 0; j < n; j++) found[i * n + j] = det * inverse[j * n + i];
    } else {
        for (gw_index i = 0; i < n; i++)
            for (gw_index j = 0; j < n; j++) {
                for (gw_index p = 0, to = 0; p < n; p++)
                    for (gw_index q = 0; q < n; q++)
                        if (p != i && q != j) once[to++] = a[p * n + q];
                gw_det(n - 1, once, &det);
                found[i * n + j] = (i + j) % 2 ? -det : det;
            }
    }
    free(once);
    free(inverse);
    return 0;
}
