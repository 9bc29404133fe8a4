-- What brings a database of PostgreSQL back to how it was, so that tests need not make one each:
-- that copies some seven hundred files. `kept.remember()` notes rows and shape, `kept.reset()` puts
-- the rows back; it answers false where tables were changed or became large, and the database goes.

DROP SCHEMA IF EXISTS kept CASCADE;
CREATE SCHEMA kept;
CREATE TABLE kept.state (shape text, since bigint);
CREATE TABLE kept.rows_of (name text PRIMARY KEY, rows bigint);
CREATE TABLE kept.sequence (name text PRIMARY KEY, last_value bigint, is_called boolean);

CREATE FUNCTION kept.shape() RETURNS text LANGUAGE sql AS $$
SELECT md5(
    (SELECT coalesce(string_agg(format('%s %s %s', oid, relname, relkind), ',' ORDER BY oid), '')
     FROM pg_class WHERE relnamespace = 'public'::regnamespace)
    || (SELECT coalesce(string_agg(
            format('%s %s %s %s %s', attrelid, attname, atttypid, attnotnull, atthasdef), ','
            ORDER BY attrelid, attnum), '')
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = 'public'::regnamespace)
    || (SELECT coalesce(string_agg(oid::text, ',' ORDER BY oid), '')
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace)
    || (SELECT coalesce(string_agg(oid::text, ',' ORDER BY oid), '')
        FROM pg_proc WHERE pronamespace = 'public'::regnamespace)
    || (SELECT coalesce(string_agg(pg_trigger.oid::text, ',' ORDER BY pg_trigger.oid), '')
        FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        WHERE relnamespace = 'public'::regnamespace)
) $$;

CREATE FUNCTION kept.remember() RETURNS void LANGUAGE plpgsql AS $$
DECLARE table_name text; found bigint;
BEGIN
    FOR table_name IN
        SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    LOOP
        EXECUTE format('SELECT count(*) FROM public.%I', table_name) INTO found;
        INSERT INTO kept.rows_of VALUES (table_name, found);
        IF found > 0 THEN
            EXECUTE format('CREATE TABLE kept.%I AS TABLE public.%I', 'copy_' || table_name, table_name);
        END IF;
    END LOOP;
    FOR table_name IN
        SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'S'
    LOOP
        EXECUTE format(
            'INSERT INTO kept.sequence SELECT %L, last_value, is_called FROM public.%I',
            table_name, table_name);
    END LOOP;
    INSERT INTO kept.state VALUES (kept.shape(), pg_current_xact_id()::text::bigint + 1);
END $$;

CREATE FUNCTION kept.reset() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE item record; found record; began bigint; was text;
BEGIN
    SELECT shape, since INTO was, began FROM kept.state;
    IF was <> kept.shape() THEN
        RETURN false;
    END IF;
    SET LOCAL session_replication_role = replica;
    FOR item IN SELECT name, rows FROM kept.rows_of LOOP
        EXECUTE format(
            'SELECT count(*) AS rows, coalesce(max(xmin::text::bigint), 0) AS newest FROM public.%I',
            item.name) INTO found;
        IF found.rows > 20000 THEN
            RETURN false;
        END IF;
        IF found.rows <> item.rows OR found.newest >= began THEN
            EXECUTE format('DELETE FROM public.%I', item.name);
            IF item.rows > 0 THEN
                EXECUTE format('INSERT INTO public.%I SELECT * FROM kept.%I', item.name, 'copy_' || item.name);
            END IF;
        END IF;
    END LOOP;
    FOR item IN SELECT name, last_value, is_called FROM kept.sequence LOOP
        PERFORM setval(format('public.%I', item.name)::regclass, item.last_value, item.is_called);
    END LOOP;
    UPDATE kept.state SET since = pg_current_xact_id()::text::bigint + 1;
    RETURN true;
END $$;

SELECT kept.remember();
