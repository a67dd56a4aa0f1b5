using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace Orrery.Engine.Tests;

public sealed class EventQueueTests
{
    [Fact]
    public void Events_leave_by_time_then_priority_then_order_of_scheduling()
    {
        EventQueue<int> queue = new();
        queue.Schedule(5, EventPriority.Start, 1);
        queue.Schedule(5, EventPriority.Completion, 2);
        queue.Schedule(3, EventPriority.Observation, 3);
        queue.Schedule(5, EventPriority.Start, 4);
        queue.Schedule(5, EventPriority.Arrival, 5);
        queue.Schedule(5, EventPriority.Completion, 6);

        Drain(queue).ShouldBe([3, 2, 6, 5, 1, 4]);
    }

    [Fact]
    public void A_thousand_equal_events_leave_first_in_first_out()
    {
        EventQueue<int> queue = new();
        for (int i = 0; i < 1000; i++)
            queue.Schedule(7, EventPriority.Start, i);

        Drain(queue).ShouldBe(Enumerable.Range(0, 1000));
    }

    [Fact]
    public void The_clock_follows_the_events_and_refuses_the_past()
    {
        EventQueue<int> queue = new();
        queue.Schedule(10, EventPriority.Start, 1);
        queue.TryTake(out ScheduledEvent<int> taken).ShouldBeTrue();
        taken.ShouldBe(new ScheduledEvent<int>(10, EventPriority.Start, 1));
        queue.Now.ShouldBe(10);
        queue.Schedule(10, EventPriority.Start, 2);
        Should.Throw<ArgumentOutOfRangeException>(() => queue.Schedule(9, EventPriority.Start, 3));
    }

    [Fact]
    public void An_empty_queue_gives_nothing_and_a_cleared_one_begins_again()
    {
        EventQueue<int> queue = new();
        queue.TryTake(out _).ShouldBeFalse();
        queue.TryPeekTime(out _).ShouldBeFalse();
        queue.Schedule(4, EventPriority.Start, 1);
        queue.TryPeekTime(out long time).ShouldBeTrue();
        time.ShouldBe(4);
        queue.TryTake(out _).ShouldBeTrue();
        queue.Schedule(8, EventPriority.Start, 2);
        queue.Clear();
        queue.Count.ShouldBe(0);
        queue.Now.ShouldBe(0);
        queue.Schedule(1, EventPriority.Start, 3);
        Drain(queue).ShouldBe([3]);
    }

    [Fact]
    public void Any_interleaving_of_scheduling_and_taking_agrees_with_a_stable_sort()
    {
        Gen<(byte Time, byte Priority, bool Take)[]> script =
            (from time in Gen.Choose(0, 12)
             from priority in Gen.Elements<byte>(0, 64, 128)
             from take in Gen.Frequency((2, Gen.Constant(false)), (1, Gen.Constant(true)))
             select ((byte)time, priority, take)).ArrayOf();

        Prop.ForAll(script.ToArbitrary(), steps =>
        {
            EventQueue<int> queue = new(1);
            List<(long Time, byte Priority, int Id)> model = [];
            for (int i = 0; i < steps.Length; i++)
            {
                (byte time, byte priority, bool take) = steps[i];
                if (take)
                {
                    bool any = queue.TryTake(out ScheduledEvent<int> taken);
                    if (any != model.Count > 0)
                        return false;
                    if (!any)
                        continue;
                    (long, byte, int) expected = model.OrderBy(e => e.Time).ThenBy(e => e.Priority).ThenBy(e => e.Id).First();
                    if (expected != (taken.Time, (byte)taken.Priority, taken.Payload))
                        return false;
                    model.Remove(expected);
                }
                else
                {
                    long at = queue.Now + time;
                    queue.Schedule(at, (EventPriority)priority, i);
                    model.Add((at, priority, i));
                }
            }

            return model.Count == queue.Count;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(20261120, 1));
    }

    [Fact]
    public void Nothing_is_allocated_once_warm()
    {
        EventQueue<(int, int)> queue = new(4);
        long HoldTest(int steps)
        {
            RandomStream random = RandomStream.Create(1, "hold");
            for (int i = 0; i < 64; i++)
                queue.Schedule(random.NextInt(100), EventPriority.Start, (i, 0));
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < steps; i++)
            {
                queue.TryTake(out ScheduledEvent<(int, int)> taken);
                queue.Schedule(taken.Time + random.NextInt(100), EventPriority.Start, taken.Payload);
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            queue.Clear();
            return allocated;
        }

        HoldTest(1000);
        HoldTest(10_000).ShouldBe(0);
    }

    private static List<int> Drain(EventQueue<int> queue)
    {
        List<int> order = [];
        while (queue.TryTake(out ScheduledEvent<int> taken))
            order.Add(taken.Payload);
        return order;
    }
}
