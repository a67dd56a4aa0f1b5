using System.Numerics;

namespace Orrery.Engine;

/// <summary>
/// A stream of random numbers for one purpose and one entity, derived from (seed, name, id): adding a failure model to a run does not shift
/// its arrivals. The sequence is part of the file formats' contract and never changes.
/// </summary>
/// <remarks>
/// Generator: xoshiro256**, state filled by SplitMix64. Sources: D. Blackman and S. Vigna, "Scrambled Linear Pseudorandom Number Generators",
/// ACM TOMS 47(4), 2021; G. Steele, D. Lea and C. Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014. The name is hashed by
/// FNV-1a over its UTF-16 code units, low byte first.
/// </remarks>
public struct RandomStream
{
    private const ulong FnvOffset = 0xcbf29ce484222325;
    private const ulong FnvPrime = 0x100000001b3;

    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    private RandomStream(ulong key)
    {
        _s0 = SplitMix(ref key);
        _s1 = SplitMix(ref key);
        _s2 = SplitMix(ref key);
        _s3 = SplitMix(ref key);
    }

    /// <summary>The stream of <paramref name="name"/> and <paramref name="id"/> under <paramref name="seed"/>.</summary>
    public static RandomStream Create(ulong seed, ReadOnlySpan<char> name, long id = 0)
    {
        ulong hash = FnvOffset;
        foreach (char unit in name)
        {
            hash = (hash ^ (byte)unit) * FnvPrime;
            hash = (hash ^ (byte)(unit >> 8)) * FnvPrime;
        }

        // Each part goes through the mixer before the next joins, so that neighbouring seeds and ids share nothing.
        ulong key = seed;
        key = SplitMix(ref key) ^ hash;
        key = SplitMix(ref key) ^ (ulong)id;
        return new RandomStream(SplitMix(ref key));
    }

    /// <summary>64 uniform bits.</summary>
    public ulong NextBits()
    {
        ulong result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        ulong t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1), a multiple of 2^-53.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform integer in [0, <paramref name="limit"/>), without bias; a limit below 1 throws.</summary>
    /// <remarks>D. Lemire, "Fast Random Integer Generation in an Interval", ACM TOMACS 29(1), 2019.</remarks>
    public int NextInt(int limit)
    {
        if (limit < 1)
            Throw.EmptyRange(nameof(limit));
        uint range = (uint)limit;
        ulong product = (ulong)(uint)(NextBits() >> 32) * range;
        if ((uint)product < range)
        {
            uint threshold = (0u - range) % range;
            while ((uint)product < threshold)
                product = (ulong)(uint)(NextBits() >> 32) * range;
        }

        return (int)(product >> 32);
    }

    /// <summary>Exponential with mean 1.</summary>
    public double NextExponential() => -Math.Log(1 - NextDouble());

    /// <summary>Normal with mean 0 and deviation 1 (Box and Muller's cosine half; two draws a number, no hidden state).</summary>
    public double NextNormal()
    {
        double radius = Math.Sqrt(2 * NextExponential());
        return radius * Math.Cos(2 * Math.PI * NextDouble());
    }

    private static ulong SplitMix(ref ulong state)
    {
        ulong z = state += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
}
